import t from 'tap'
import { plain } from '../../src/config/logger.ts'
import type { FailureFormat } from '../../src/context/endpoint.ts'
import { asciiDescription, failureResponse } from '../../src/context/failure.ts'
import { ConfigurationError, HttpError, InputError, StorageUnavailableError } from '../../src/errors.ts'
import { surroundings } from './surroundings.ts'

const FORMATS: readonly FailureFormat[] = ['envelope', 'oauth', 'page', 'problem']

/** The code that an answer gives, wherever its format has it. */
function codeIn(format: FailureFormat, body: string): string {
  const value = JSON.parse(body)
  return { envelope: value.error?.code, oauth: value.error, page: value.code, problem: value.code }[format]
}

t.test('a refusal is answered with its status, code, words and header fields, in every format', async t => {
  const error = new HttpError(403, 'csrf_failed', 'Go back.', { headers: { 'x-extra': '1' } })
  for (const format of FORMATS) {
    const context = surroundings()
    const response = failureResponse(context, format, error, 'request-1')
    t.equal(response.status, 403, format)
    t.equal(codeIn(format, response.body), 'csrf_failed', format)
    t.match(response.body, 'Go back.', format)
    t.equal(response.headers['x-extra'], '1', format)
    t.equal(response.headers['cache-control'], 'no-store', format)
    t.strictSame(context.log, [], 'nothing went wrong, so nothing is logged')
  }
})

t.test('an envelope, a page and a problem carry the request id', async t => {
  const error = new HttpError(404, 'user_not_found', 'Nobody.')
  for (const format of ['envelope', 'page', 'problem'] as const)
    t.match(failureResponse(surroundings(), format, error, 'request-1').body, '"request-1"', format)
})

t.test(
  'whatever else was thrown is a plain 500, which leaks nothing and is logged under the request id',
  async t => {
    const secret = 'password=hunter2 at db-7.internal'
    const thrown: unknown[] = [
      new Error(secret),
      new TypeError(secret),
      new InputError('invalid_input', secret),
      new ConfigurationError([secret]),
      secret,
      { message: secret, status: 200, code: 'ok' },
      null,
      undefined,
    ]
    for (const format of FORMATS) {
      for (const error of thrown) {
        const context = surroundings()
        const response = failureResponse(context, format, error, 'request-1')
        const name = `${format}: ${error}`
        t.equal(response.status, 500, name)
        t.equal(codeIn(format, response.body), 'server_error', name)
        t.notMatch(JSON.stringify(response), 'hunter2', name)
        t.strictSame(context.log, [
          { level: 'error', fields: plain({ error, requestId: 'request-1' }), message: 'A request failed.' },
        ])
      }
    }
  },
)

t.test('a storage that is away is a 503 that says when to try again, and the reason is logged', async t => {
  const error = new StorageUnavailableError('connect ECONNREFUSED db-7.internal')
  for (const format of FORMATS) {
    const context = surroundings()
    const response = failureResponse(context, format, error, 'request-1')
    t.equal(response.status, 503, format)
    t.equal(
      codeIn(format, response.body),
      format === 'oauth' ? 'temporarily_unavailable' : 'storage_unavailable',
    )
    t.equal(response.headers['retry-after'], '5')
    t.notMatch(response.body, 'db-7')
    t.match(context.log, [{ level: 'error', fields: plain({ error, requestId: 'request-1' }) }])
  }
})

t.test('what OAuth has no code for is an invalid_request there', async t => {
  const codes = [
    'body_too_large',
    'unsupported_media_type',
    'malformed_body',
    'method_not_allowed',
    'issuer_not_configured',
  ]
  for (const code of codes) {
    const { body } = failureResponse(surroundings(), 'oauth', new HttpError(400, code, ''), 'request-1')
    t.equal(JSON.parse(body).error, 'invalid_request', code)
  }
})

t.test('an OAuth error is error and error_description, not cached by anybody', async t => {
  const error = new HttpError(400, 'invalid_grant', 'The code’s "time" \\ is\nover – sorry 🙁')
  const response = failureResponse(surroundings(), 'oauth', error, 'request-1')
  t.strictSame(JSON.parse(response.body), {
    error: 'invalid_grant',
    error_description: "The code's 'time' ? is?over ? sorry ??",
  })
  t.match(response.headers, { 'cache-control': 'no-store', pragma: 'no-cache' })
})

t.test('a description has no other characters than RFC 6749 section 5.2 allows', async t => {
  const everything = Array.from({ length: 0x3000 }, (_, code) => String.fromCharCode(code)).join('')
  t.match(asciiDescription(everything), /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/)
  const allowed = everything.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, '')
  t.equal(asciiDescription(allowed), allowed)
})

t.test('an error page is a page like any other', async t => {
  const response = failureResponse(
    surroundings(),
    'page',
    new HttpError(410, 'login_expired', 'Late.'),
    'r-1',
  )
  t.match(response.headers['content-security-policy'], /default-src 'none'/)
  t.match(JSON.parse(response.body), { page: 'error', status: 410, code: 'login_expired', message: 'Late.' })
})
