import { Readable } from 'node:stream'
import t from 'tap'
import { HttpError } from '../../src/errors.ts'
import { type BodyKind, type Input, readBody } from '../../src/http/body.ts'
import type { HttpBody, HttpHeaders } from '../../src/http/request.ts'

const LIMIT = 64
const JSON_TYPE = { 'content-type': 'application/json' }
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' }

function read(body: HttpBody, kind: BodyKind, headers: HttpHeaders): Promise<Input> {
  const request = {
    method: 'POST',
    path: '/',
    search: '',
    headers,
    origin: 'https://id.example.com',
    mountPath: '',
    secure: true,
    ip: '192.0.2.1',
    body,
    hasLeft: false,
  }
  return readBody(request, kind, LIMIT)
}

/** A body on the wire, in the chunks given. */
function unread(...chunks: (string | Uint8Array)[]): HttpBody {
  return { state: 'unread', stream: Readable.from(chunks.map(chunk => Buffer.from(chunk))) }
}

/** A stream that tells whether anybody took anything of it. */
function watched(...chunks: string[]) {
  let taken = 0
  async function* stream() {
    for (const chunk of chunks) {
      taken++
      yield Buffer.from(chunk)
    }
  }
  return { body: { state: 'unread' as const, stream: Readable.from(stream()) }, taken: () => taken }
}

async function refusal(
  attempt: Promise<unknown>,
): Promise<{ status: number; code: string; message: string }> {
  try {
    await attempt
  } catch (error) {
    if (!(error instanceof HttpError)) throw error
    const { status, code, message } = error
    return { status, code, message }
  }
  throw new Error('The body was accepted.')
}

async function json(body: HttpBody, headers: HttpHeaders = JSON_TYPE): Promise<unknown> {
  const input = await read(body, 'json', headers)
  return input.kind === 'json' ? input.json : input
}

async function form(body: HttpBody, headers: HttpHeaders = FORM_TYPE): Promise<unknown> {
  const input = await read(body, 'form', headers)
  return input.kind === 'form' ? [...input.form] : input
}

t.test('a JSON object is read, in one chunk or in many, cut anywhere', async t => {
  const text = '{"name":"Zoë 🐎"}'
  t.strictSame(await json(unread(text)), { name: 'Zoë 🐎' })
  const bytes = Buffer.from(text)
  const single = [...bytes].map(byte => Uint8Array.of(byte))
  t.strictSame(await json(unread(...single)), { name: 'Zoë 🐎' })
})

t.test('a form is read with its escapes, its order and its duplicate names', async t => {
  t.strictSame(await form(unread('a=1&b=%C3%A9+x&a=2&c=&d')), [
    ['a', '1'],
    ['b', 'é x'],
    ['a', '2'],
    ['c', ''],
    ['d', ''],
  ])
})

t.test('an absent body is an empty one', async t => {
  const silent: HttpHeaders[] = [{}, { 'content-length': '0' }]
  for (const headers of silent) {
    t.strictSame(await json(unread(), headers), {})
    t.strictSame(await form(unread(), headers), [])
  }
  t.strictSame(await json(unread(' \n')), {})
})

t.test('an endpoint that takes no body leaves it alone, whatever it is', async t => {
  const stream = watched('{"a":1}')
  t.strictSame(await read(stream.body, 'none', { 'content-length': '9999999' }), { kind: 'none' })
  t.equal(stream.taken(), 0)
  t.strictSame(await read({ state: 'lost' }, 'none', {}), { kind: 'none' })
  t.strictSame(await read({ state: 'parsed', value: { a: 1 } }, 'none', {}), { kind: 'none' })
})

t.test('media types: what is read, and what is answered 415', async t => {
  const table: [kind: 'json' | 'form', contentType: string | undefined, accepted: boolean][] = [
    ['json', 'application/json', true],
    ['json', 'Application/JSON; charset=utf-8', true],
    ['json', 'application/json;charset=UTF-8', true],
    ['json', 'application/problem+json', true],
    ['json', 'application/vnd.api+json; v=1', true],
    ['json', 'text/json', false],
    ['json', 'text/plain', false],
    ['json', 'application/x-www-form-urlencoded', false],
    ['json', 'multipart/form-data; boundary=x', false],
    ['json', 'application/jsonp', false],
    ['json', 'application/+json', false],
    ['json', 'text/plain; application/json', false],
    ['json', '', false],
    ['json', undefined, false],
    ['form', 'application/x-www-form-urlencoded', true],
    ['form', 'APPLICATION/X-WWW-FORM-URLENCODED; charset=utf-8', true],
    ['form', 'application/json', false],
    ['form', 'application/problem+json', false],
    ['form', 'multipart/form-data; boundary=x', false],
    ['form', 'text/plain', false],
    ['form', undefined, false],
  ]
  for (const [kind, contentType, accepted] of table) {
    const text = kind === 'json' ? '{"a":"b"}' : 'a=b'
    const headers = { 'content-type': contentType, 'content-length': String(text.length) }
    const bodies: HttpBody[] = [
      unread(text),
      { state: 'raw', bytes: text },
      { state: 'parsed', value: { a: 'b' } },
    ]
    for (const body of bodies) {
      const name = `${kind} as ${contentType}, ${body.state}`
      if (accepted) t.equal((await read(body, kind, headers)).kind, kind, name)
      else
        t.match(
          await refusal(read(body, kind, headers)),
          { status: 415, code: 'unsupported_media_type' },
          name,
        )
    }
  }
})

t.test('a chunked body has no length and still needs its media type', async t => {
  const chunked = { 'transfer-encoding': 'chunked' }
  t.match(await refusal(read(unread('{}'), 'json', chunked)), { status: 415 })
  t.strictSame(await json(unread('{"a":', '1}'), { ...chunked, ...JSON_TYPE }), { a: 1 })
})

t.test('a content coding that nobody undoes is answered 415, before anything is read', async t => {
  for (const coding of ['gzip', 'br', 'deflate', 'GZIP', 'identity, gzip']) {
    const stream = watched('{}')
    const headers = { ...JSON_TYPE, 'content-encoding': coding }
    t.match(
      await refusal(read(stream.body, 'json', headers)),
      { status: 415, message: /Content-Encoding/ },
      coding,
    )
    t.equal(stream.taken(), 0)
  }
  t.strictSame(await json(unread('{}'), { ...JSON_TYPE, 'content-encoding': 'Identity' }), {})
})

t.test(
  'what the host has decompressed or parsed is taken, whatever the headers said of its transfer',
  async t => {
    const headers = { ...JSON_TYPE, 'content-encoding': 'gzip', 'content-length': '9999' }
    t.strictSame(await json({ state: 'raw', bytes: '{"a":1}' }, headers), { a: 1 })
    t.strictSame(await json({ state: 'parsed', value: { a: 1 } }, headers), { a: 1 })
  },
)

t.test('a body that says it is too large is refused before a byte is read', async t => {
  const stream = watched('x')
  const headers = { ...JSON_TYPE, 'content-length': String(LIMIT + 1) }
  const attempt = read(stream.body, 'json', headers)
  t.match(await refusal(attempt), { status: 413, code: 'body_too_large', message: `${LIMIT} bytes` })
  t.equal(stream.taken(), 0)
})

t.test(
  'a body that turns out too large is refused where it passes the limit, and the rest is not read',
  async t => {
    const chunk = 'x'.repeat(LIMIT / 2)
    const headers: HttpHeaders[] = [
      { ...JSON_TYPE, 'transfer-encoding': 'chunked' },
      // Node sees to it that a length is kept; nothing here relies on it.
      { ...JSON_TYPE, 'content-length': '5' },
    ]
    for (const given of headers) {
      const stream = watched(chunk, chunk, 'x', chunk, chunk)
      t.match(await refusal(read(stream.body, 'json', given)), { status: 413, code: 'body_too_large' })
      // A stream has the next chunk ready before it gives one.
      t.equal(stream.taken(), 4)
    }
  },
)

t.test('a connection whose body was refused unread is closed', async t => {
  const attempt = read(unread('x'.repeat(LIMIT + 1)), 'json', JSON_TYPE)
  const error = await attempt.catch((thrown: HttpError) => thrown)
  t.match(error, { headers: { connection: 'close' } })
})

t.test('the limit itself is not too large, counted in bytes', async t => {
  const frame = '{"a":""}'.length
  const fits = `{"a":"${'é'.repeat((LIMIT - frame) / 2)}"}`
  t.equal(Buffer.byteLength(fits), LIMIT)
  t.ok(await json(unread(fits)))
  t.ok(await json({ state: 'raw', bytes: fits }))
  const over = fits.replace('é', 'éa')
  t.match(await refusal(read(unread(over), 'json', JSON_TYPE)), { status: 413 })
  t.match(await refusal(read({ state: 'raw', bytes: over }, 'json', JSON_TYPE)), { status: 413 })
  t.match(await refusal(read({ state: 'raw', bytes: Buffer.from(over) }, 'json', JSON_TYPE)), { status: 413 })
})

t.test('malformed bodies are answered 400', async t => {
  const table: [name: string, kind: 'json' | 'form', body: HttpBody, message: RegExp][] = [
    ['broken JSON', 'json', unread('{"a":'), /valid JSON/],
    ['a JSON array', 'json', unread('[1]'), /JSON object/],
    ['a JSON string', 'json', unread('"a"'), /JSON object/],
    ['JSON null', 'json', unread('null'), /JSON object/],
    ['a number', 'json', unread('1'), /JSON object/],
    ['invalid UTF-8 in JSON', 'json', unread(Uint8Array.of(0x7b, 0xff, 0x7d)), /UTF-8/],
    ['invalid UTF-8 in a form', 'form', unread(Uint8Array.of(0x61, 0x3d, 0xc3)), /UTF-8/],
    ['UTF-16', 'json', unread(Buffer.from('\ufeff{}', 'utf16le')), /UTF-8/],
    ['raw bytes that are not UTF-8', 'json', { state: 'raw', bytes: Uint8Array.of(0xc0, 0x80) }, /UTF-8/],
    ['a parsed array', 'json', { state: 'parsed', value: [1] }, /JSON object/],
    ['a parsed array for a form', 'form', { state: 'parsed', value: ['a'] }, /JSON object/],
    ['a parsed number', 'json', { state: 'parsed', value: 7 }, /JSON object/],
    ['a body that the host lost', 'json', { state: 'lost' }, /Mount XWMS before that parser/],
    ['a lost form', 'form', { state: 'lost' }, /Mount XWMS before that parser/],
  ]
  for (const [name, kind, body, message] of table) {
    const headers = kind === 'json' ? JSON_TYPE : FORM_TYPE
    t.match(await refusal(read(body, kind, headers)), { status: 400, code: 'malformed_body', message }, name)
  }
})

t.test('a caller who leaves in the middle gets a 400, and the cause is kept for the log', async t => {
  const cause = new Error('aborted')
  async function* leaving() {
    yield Buffer.from('{"a":')
    throw cause
  }
  const attempt = read({ state: 'unread', stream: Readable.from(leaving()) }, 'json', JSON_TYPE)
  await t.rejects(attempt, { status: 400, code: 'malformed_body', cause })
})

t.test('so does one who has left before anybody reads, or who leaves without a word', async t => {
  const gone = new Readable({ read() {} })
  gone.destroy()
  await t.rejects(read({ state: 'unread', stream: gone }, 'json', JSON_TYPE), { code: 'malformed_body' })
  const leaving = new Readable({ read() {} })
  const attempt = read({ state: 'unread', stream: leaving }, 'json', JSON_TYPE)
  leaving.destroy()
  await t.rejects(attempt, { code: 'malformed_body' })
})

t.test('no answer repeats what was sent', async t => {
  const { message } = await refusal(read(unread('{"password":"hunter2"'), 'json', JSON_TYPE))
  t.notMatch(message, 'hunter2')
})

t.test('what the host read into bytes or text is parsed here', async t => {
  for (const bytes of ['{"a":"é"}', Buffer.from('{"a":"é"}')])
    t.strictSame(await json({ state: 'raw', bytes }), { a: 'é' })
  for (const bytes of ['a=%C3%A9&a=2', Buffer.from('a=%C3%A9&a=2')])
    t.strictSame(await form({ state: 'raw', bytes }), [
      ['a', 'é'],
      ['a', '2'],
    ])
  t.strictSame(await json({ state: 'raw', bytes: '' }), {})
})

t.test('what the host parsed into an object is the JSON body', async t => {
  t.strictSame(await json({ state: 'parsed', value: { a: [1, { b: null }] } }), { a: [1, { b: null }] })
  for (const value of [undefined, null, '', {}]) t.strictSame(await json({ state: 'parsed', value }, {}), {})
})

t.test(
  'what the host parsed of a form keeps its duplicates, so that their reader can refuse them',
  async t => {
    const value = {
      code: ['1', '2'],
      state: 'x',
      n: 3,
      yes: true,
      nested: { a: 'b' },
      list: [{ a: 1 }],
      nothing: null,
    }
    t.strictSame(await form({ state: 'parsed', value }), [
      ['code', '1'],
      ['code', '2'],
      ['state', 'x'],
      ['n', '3'],
      ['yes', 'true'],
    ])
  },
)

t.test('a member named __proto__ is a member, and changes no prototype', async t => {
  const input = (await json(unread('{"__proto__":{"admin":true},"a":1}'))) as Record<string, unknown>
  t.equal(input.admin, undefined)
  t.equal(({} as Record<string, unknown>).admin, undefined)
})
