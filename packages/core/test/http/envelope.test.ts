import t from 'tap'
import { HttpError } from '../../src/errors.ts'
import { errorEnvelope, successEnvelope } from '../../src/http/envelope.ts'

t.test('success is status, message and data, and nothing else', async t => {
  const response = successEnvelope('Here you are.', { a: 1 })
  t.equal(response.status, 200)
  t.strictSame(JSON.parse(response.body), { status: 'success', message: 'Here you are.', data: { a: 1 } })
})

t.test('failure has a code, the request id, and fields where there are some', async t => {
  const plain = errorEnvelope(new HttpError(404, 'user_not_found', 'Nobody.'), 'request-1')
  t.equal(plain.status, 404)
  t.strictSame(JSON.parse(plain.body), {
    status: 'error',
    message: 'Nobody.',
    error: { code: 'user_not_found', request_id: 'request-1' },
  })
  const fields = { country: 'Send a country.' }
  const withFields = errorEnvelope(new HttpError(422, 'validation_failed', 'No.', { fields }), 'request-1')
  t.strictSame(JSON.parse(withFields.body).error.fields, fields)
})

t.test('an error brings its own header fields, and its cause stays here', async t => {
  const error = new HttpError(429, 'rate_limited', 'Wait.', {
    headers: { 'retry-after': '7' },
    cause: new Error('the cause'),
  })
  const response = errorEnvelope(error, 'request-1')
  t.equal(response.headers['retry-after'], '7')
  t.notMatch(response.body, 'the cause')
})

t.test('every envelope is JSON that nobody may cache', async t => {
  for (const response of [
    successEnvelope('', {}),
    errorEnvelope(new HttpError(400, 'malformed_body', ''), 'request-1'),
  ])
    t.match(response.headers, {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
    })
})
