import t from 'tap'
import { sameHttpUri } from '../../src/lib/http-uri.ts'

const URI = 'https://id.example.com/auth/oauth/token'

t.test('URIs are the same but for how they are written, their query and their fragment', async t => {
  const table: [other: string, same: boolean][] = [
    [URI, true],
    [`${URI}?a=b`, true],
    [`${URI}#c`, true],
    ['HTTPS://ID.example.COM/auth/oauth/token', true],
    ['https://id.example.com:443/auth/oauth/token', true],
    ['https://id.example.com/auth/./oauth/x/../token', true],
    ['https://id.example.com/auth/%6Fauth/token', true],
    ['https://id.example.com:8443/auth/oauth/token', false],
    ['http://id.example.com/auth/oauth/token', false],
    ['https://id.example.com/AUTH/oauth/token', false],
    ['https://id.example.com/auth/oauth/token/', false],
    ['https://id.example.com/auth%2Foauth/token', false],
    ['https://other.example.com/auth/oauth/token', false],
    ['/auth/oauth/token', false],
    ['', false],
  ]
  for (const [other, same] of table) t.equal(sameHttpUri(other, URI), same, other)
})

t.test('percent-encoded octets are compared without case', async t => {
  t.ok(sameHttpUri('https://example.com/a%2fb', 'https://example.com/a%2Fb'))
})

t.test('what is no web address is like nothing, itself included', async t => {
  for (const uri of ['urn:example', 'mailto:a@example.com', 'nonsense']) t.notOk(sameHttpUri(uri, uri), uri)
})
