import t from 'tap'
import { redirectToClient } from '../../../src/context/pages/redirect.ts'

t.test('parameters are added to a redirect URI whose own query stays, character by character', async t => {
  const table: [redirectUri: string, location: string][] = [
    ['https://example.com/cb', 'https://example.com/cb?code=1&state=a+b'],
    ['https://example.com', 'https://example.com?code=1&state=a+b'],
    ['https://example.com/cb?', 'https://example.com/cb?code=1&state=a+b'],
    ['https://example.com/cb?x=%20+%2f&y', 'https://example.com/cb?x=%20+%2f&y&code=1&state=a+b'],
    ['https://example.com/cb?x=1&', 'https://example.com/cb?x=1&code=1&state=a+b'],
    ['https://example.com/cb?u=a?b', 'https://example.com/cb?u=a?b&code=1&state=a+b'],
    ['com.example.app:/cb', 'com.example.app:/cb?code=1&state=a+b'],
  ]
  for (const [redirectUri, location] of table)
    t.equal(redirectToClient(redirectUri, { code: '1', state: 'a b' }).headers.location, location)
})

t.test('what is undefined is not there, and what is empty is', async t => {
  const { headers } = redirectToClient('https://example.com/', { code: '1', state: undefined, iss: '' })
  t.equal(headers.location, 'https://example.com/?code=1&iss=')
})

t.test('a value cannot leave its parameter, nor the header', async t => {
  const state = 'x&code=evil#\r\nset-cookie: a=b"<ü'
  const { headers } = redirectToClient('https://example.com/', { state })
  const location = headers.location as string
  t.equal(new URL(location).searchParams.get('state'), state)
  t.strictSame([...new URL(location).searchParams.keys()], ['state'])
  t.equal(new URL(location).hash, '')
  t.match(location, /^[\x21-\x7e]+$/)
})

t.test('the browser follows with GET and keeps nothing', async t => {
  t.match(redirectToClient('https://example.com/', {}), {
    status: 303,
    headers: { 'cache-control': 'no-store' },
  })
})
