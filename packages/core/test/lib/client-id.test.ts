import t from 'tap'
import { isClientId, isDocumentAddress } from '../../src/lib/client-id.ts'

t.test('a client id is up to 128 characters of printable ASCII without spaces', async t => {
  for (const text of ['x', 'cl_AbC-9', '!~', 'x'.repeat(128)]) t.equal(isClientId(text), true, text)
  for (const text of ['', ' ', 'a b', 'a\n', '\0', 'ü', 'x'.repeat(129)])
    t.equal(isClientId(text), false, JSON.stringify(text))
})

t.test('the address of a document may be longer', async t => {
  const address = 'https://example.com/'.padEnd(512, 'a')
  t.equal(isClientId(address), true)
  t.equal(isDocumentAddress(address), true)
  t.equal(isClientId(`${address}a`), false)
  t.equal(isDocumentAddress(`${address}a`), false)
})

t.test('a document is at an https address with a path, in its one spelling', async t => {
  for (const address of [
    'https://example.com/client.json',
    'https://example.com/a/',
    'https://example.com:8443/oauth/client?version=2',
    'https://localhost:1234/client',
  ])
    t.equal(isDocumentAddress(address), true, address)
  for (const text of [
    'cl_AbC-9',
    'https://example.com',
    'https://example.com/',
    'https://example.com/?a=b',
    'http://example.com/client.json',
    'http://localhost/client.json',
    'HTTPS://example.com/client.json',
    'https://EXAMPLE.com/client.json',
    'https://example.com:443/client.json',
    'https://example.com/client.json#',
    'https://example.com/client.json#a',
    'https://user@example.com/client.json',
    'https://:password@example.com/client.json',
    'https://@example.com/client.json',
    'https://example.com/a/../client.json',
    'https://example.com/./client.json',
    'https://example.com/%2e%2e/client.json',
    'https://example.com\\client.json',
    'https://example.com/a b',
    'https:///client.json',
    'https://',
  ])
    t.equal(isDocumentAddress(text), false, text)
})
