import t from 'tap'
import * as z from 'zod'
import { optionalText, parseBody, positiveInteger, sub } from '../../src/api/body.ts'
import { HttpError } from '../../src/errors.ts'

/** Reads a body as the wire brings it. */
function parse<T>(shape: z.ZodType<T>, text: string): T {
  return parseBody({ kind: 'json', json: JSON.parse(text) }, shape)
}

/** The sentences of a refusal, by field. */
function refusal(shape: z.ZodType, text: string): Readonly<Record<string, string>> {
  try {
    parse(shape, text)
  } catch (error) {
    if (error instanceof HttpError && error.code === 'validation_failed') return error.fields ?? {}
    throw error
  }
  return {}
}

t.test('a sub is a whole number from 1 to 2^53 − 1, as a number or as text', async t => {
  const good: readonly (readonly [string, string])[] = [
    ['1', '1'],
    ['9007199254740991', '9007199254740991'],
    ['12345.0', '12345'],
    ['1e3', '1000'],
    ['"12345"', '12345'],
    ['" 12345\\n"', '12345'],
    ['"9007199254740991"', '9007199254740991'],
  ]
  for (const [given, read] of good)
    t.strictSame(parse(z.object({ sub }), `{"sub":${given}}`), { sub: read }, given)
})

t.test('anything else is no sub', async t => {
  const bad = [
    'null',
    'true',
    '0',
    '-0',
    '-1',
    '1.5',
    '1e400',
    '9007199254740992',
    '[]',
    '[12345]',
    '{}',
    '{"toString":"1"}',
    '""',
    '" "',
    '"0"',
    '"007"',
    '"-1"',
    '"+1"',
    '"1.0"',
    '"1e3"',
    '"0x10"',
    '"1 2"',
    '"١٢٣"',
    '"9007199254740992"',
    '"9007199254740993"',
    `"${'9'.repeat(60_000)}"`,
  ]
  for (const given of bad) {
    const { sub: sentence, ...others } = refusal(z.object({ sub }), `{"sub":${given}}`)
    t.match(sentence, /^Send the user’s sub: a whole number from 1 to 9007199254740991/, given.slice(0, 40))
    t.strictSame(others, {})
  }
  t.ok(refusal(z.object({ sub }), '{}').sub, 'absent')
})

t.test('text is trimmed, and empty text is no value', async t => {
  const shape = z.object({ text: optionalText(5) })
  const rows: readonly (readonly [string, string | null | undefined])[] = [
    ['{"text":"abc"}', 'abc'],
    ['{"text":"  abc\\t\\n"}', 'abc'],
    ['{"text":"abcde"}', 'abcde'],
    ['{"text":"     abcde     "}', 'abcde'],
    ['{"text":""}', null],
    ['{"text":" \\n "}', null],
    ['{"text":null}', null],
    ['{"text":"Zoë😀"}', 'Zoë😀'],
    ['{}', undefined],
  ]
  for (const [given, read] of rows) t.equal(parse(shape, given).text, read, given)
})

t.test('text has one line, whole characters and a bounded length', async t => {
  const shape = z.object({ text: optionalText(5) })
  const line = 'Send one line of text without control characters.'
  const rows: readonly (readonly [string, string])[] = [
    ['"a\\u0000b"', line],
    ['"a\\nb"', line],
    ['"a\\u001bb"', line],
    ['"a\\u007fb"', line],
    ['"a\\u0085b"', line],
    ['"a\\u2028b"', line],
    ['"a\\ud800"', line],
    ['"\\udc00a"', line],
    ['"abcdef"', 'Send at most 5 characters.'],
    [`"${'x'.repeat(60_000)}"`, 'Send at most 5 characters.'],
    ['1', 'Send text, or null for no value.'],
    ['true', 'Send text, or null for no value.'],
    ['[]', 'Send text, or null for no value.'],
    ['["abc"]', 'Send text, or null for no value.'],
    ['{}', 'Send text, or null for no value.'],
  ]
  for (const [given, sentence] of rows)
    t.strictSame(refusal(shape, `{"text":${given}}`), { text: sentence }, given.slice(0, 40))
})

t.test('every bad member is named, by its path', async t => {
  const shape = z.object({ id: positiveInteger('Send an id.'), inner: z.object({ text: optionalText(1) }) })

  t.strictSame(refusal(shape, '{"id":"x","inner":{"text":"long"}}'), {
    id: 'Send an id.',
    'inner.text': 'Send at most 1 characters.',
  })
})

t.test('the message has every sentence, because clients print nothing else', async t => {
  const shape = z.object({ one: positiveInteger('Send a one.'), two: positiveInteger('Send a two.') })

  t.throws(() => parse(shape, '{}'), {
    status: 422,
    code: 'validation_failed',
    message: 'one: Send a one. two: Send a two.',
  })
})

t.test('members that nobody knows are ignored, whatever they are called', async t => {
  const shape = z.object({ sub })
  const hostile = [
    '{"sub":1,"redirect_url":"https://example.com"}',
    '{"sub":1,"__proto__":{"sub":2,"polluted":true}}',
    '{"sub":1,"constructor":{"prototype":{"polluted":true}}}',
    `{"sub":1,"deep":${'['.repeat(5000)}${']'.repeat(5000)}}`,
    `{"sub":1,${Array.from({ length: 5000 }, (_, index) => `"x${index}":0`).join()}}`,
  ]
  for (const given of hostile) {
    const read = parse(shape, given)
    t.strictSame(read, { sub: '1' }, given.slice(0, 60))
    t.equal(Object.getPrototypeOf(read), Object.prototype)
  }
  t.notOk('polluted' in {})
})

t.test('a member is never taken from a prototype', async t => {
  t.ok(refusal(z.object({ sub }), '{"__proto__":{"sub":1}}').sub)
})
