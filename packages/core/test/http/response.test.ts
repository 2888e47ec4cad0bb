import t from 'tap'
import { jsonResponse, redirectResponse, withHeaders } from '../../src/http/response.ts'

t.test('a redirect is followed with GET and not cached', async t => {
  t.strictSame(redirectResponse('https://example.com/', { 'set-cookie': 'a=b' }), {
    status: 303,
    headers: { location: 'https://example.com/', 'cache-control': 'no-store', 'set-cookie': 'a=b' },
    body: '',
  })
})

t.test('header fields given last win, and the response they were added to stays as it was', async t => {
  const response = jsonResponse(200, {}, { 'cache-control': 'public' })
  t.equal(response.headers['cache-control'], 'public')
  const further = withHeaders(response, { 'cache-control': 'private', 'x-request-id': '1' })
  t.match(further.headers, { 'cache-control': 'private', 'x-request-id': '1' })
  t.equal(response.headers['cache-control'], 'public')
  t.notOk('x-request-id' in response.headers)
})
