import t from 'tap'
import {
  ConfigurationError,
  HttpError,
  InputError,
  OutboundError,
  StorageUnavailableError,
  XwmsError,
} from '../src/errors.ts'

t.test('every error has its class’s name and a stable code', async t => {
  const cause = new Error('the cause')
  const table: [error: XwmsError, name: string, code: string][] = [
    [new XwmsError('some_code', 'A sentence.', { cause }), 'XwmsError', 'some_code'],
    [new ConfigurationError(['a: is wrong']), 'ConfigurationError', 'invalid_configuration'],
    [new StorageUnavailableError('Away.', { cause }), 'StorageUnavailableError', 'storage_unavailable'],
    [new OutboundError('Away.', { cause }), 'OutboundError', 'outbound_failed'],
    [new InputError('invalid_input', 'No.'), 'InputError', 'invalid_input'],
    [new HttpError(404, 'user_not_found', 'Nobody.', { cause }), 'HttpError', 'user_not_found'],
  ]
  for (const [error, name, code] of table) {
    t.ok(error instanceof XwmsError && error instanceof Error, name)
    t.match(error, { name, code })
    t.ok(
      error.stack?.startsWith(`${name}: `) || error.stack?.includes('errors.test'),
      'it tells where it was made',
    )
  }
  t.equal(table[0]?.[0].cause, cause)
  t.equal(table[5]?.[0].cause, cause)
  t.notOk('cause' in new HttpError(404, 'user_not_found', 'Nobody.'))
})

t.test('an error for a caller has nothing besides, unless it was given', async t => {
  const plain = new HttpError(400, 'malformed_body', 'No.')
  t.equal(plain.fields, undefined)
  t.strictSame(plain.headers, {})
  t.strictSame(new InputError('invalid_input', 'No.').fields, {})
  t.strictSame(new ConfigurationError(['a', 'b']).problems, ['a', 'b'])
})
