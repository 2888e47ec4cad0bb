import { deflateSync, gzipSync } from 'node:zlib'
import { bodyBytes, type Draft, type Json, type Pair, type Wire } from './draft.ts'
import { BYTES, HEADERS, METHODS, TEXTS } from './hostile.ts'
import type { Random } from './random.ts'
import { spoilJson, spoilText } from './structure.ts'

/** Makes a request worse in one way. One that does not apply to a request leaves it as it is. */
type Mutation = (draft: Draft, random: Random) => void

/** Mutations that keep the ends of the request where it says they are, each with how often it is drawn. */
const MUTATIONS: readonly (readonly [weight: number, Mutation])[] = [
  [2, changeMethod],
  [2, changePath],
  [8, changeValues],
  [3, repeatParameter],
  [2, dropParameter],
  [2, addParameter],
  [6, changeJson],
  [2, changeJsonText],
  [5, changeHeader],
  [4, addHeader],
  [2, dropHeader],
  [2, repeatHeader],
  [1, growHeaders],
  [2, changeCredential],
  [2, otherBody],
  [1, otherKindOfBody],
  [1, compressBody],
  [2, sendInChunks],
  [1, flipBodyByte],
  [1, expectContinue],
]

const DRAWN: readonly Mutation[] = MUTATIONS.flatMap(([weight, mutation]) => Array(weight).fill(mutation))

/**
 * Makes a request worse in some ways: most often in one, sometimes in none. One that is spoiled within is left alone most
 * often, so that it gets as far as where that matters.
 */
export function mutate(draft: Draft, random: Random): void {
  if (random.chance(random.hasSpoiled ? 0.7 : 0.1)) return
  do {
    random.pick(DRAWN)(draft, random)
  } while (random.chance(0.35))
}

function changeMethod(draft: Draft, random: Random): void {
  draft.method = random.pick(METHODS)
}

function changePath(draft: Draft, random: Random): void {
  const { path } = draft
  draft.path = random.pick([
    `/${path}`,
    `/.${path}`,
    `/x/..${path}`,
    `${path}/`,
    `${path}/..`,
    `${path}//`,
    `${path};a=b`,
    `${path}%00`,
    `${path}%2f`,
    `${path}%zz`,
    `${path}#`,
    `${path}?`,
    `${path}??a`,
    `${path}é`,
    path.toUpperCase(),
    path.replaceAll('/', '\\'),
    path.replace(/\/[^/]*$/, '/%2e%2e$&'),
    path.replace(/[a-z]/, letter => `%${letter.charCodeAt(0).toString(16)}`),
    path.slice(0, 1 + random.below(path.length)),
    path + random.pick(TEXTS).replaceAll(' ', '%20'),
    `${path}/${'a'.repeat(4000)}`,
    // Absolute form (RFC 9112 section 3.2.2), and what looks like it
    `http://evil.example${path}`,
    `https://localhost:1${path}`,
    `http://${path}`,
    `x:${path}`,
    `//evil.example${path}`,
    `http://a@b:c${path}`,
    'http://evil.example',
    '*',
    'localhost:80',
  ])
}

/** The parameters of a request, wherever it has them. */
function parametersOf({ query, body }: Draft): Pair[] {
  return body.kind === 'form' ? body.fields : query
}

function changeValues(draft: Draft, random: Random): void {
  const parameters = parametersOf(draft)
  if (draft.body.kind === 'json') changeJson(draft, random)
  else if (parameters.length > 0) random.pick(parameters)[1] = random.pick(TEXTS)
}

function repeatParameter(draft: Draft, random: Random): void {
  const parameters = parametersOf(draft)
  if (parameters.length === 0) return
  const [name, value] = random.pick(parameters)
  parameters.push([name, random.chance(0.5) ? value : random.pick(TEXTS)])
}

function dropParameter(draft: Draft, random: Random): void {
  const parameters = parametersOf(draft)
  if (parameters.length > 0) parameters.splice(random.below(parameters.length), 1)
}

function addParameter(draft: Draft, random: Random): void {
  const target = random.chance(0.5) ? draft.query : parametersOf(draft)
  target.push([random.pick(TEXTS), random.pick(TEXTS)])
}

function changeJson({ body }: Draft, random: Random): void {
  if (body.kind === 'json') spoilJson(body.value, random)
}

/** Below what JavaScript could write. */
function changeJsonText(draft: Draft, random: Random): void {
  if (draft.body.kind !== 'json') return
  draft.body = { kind: 'bytes', bytes: Buffer.from(spoilText(JSON.stringify(draft.body.value), random)) }
}

function changeHeader({ headers }: Draft, random: Random): void {
  if (headers.length > 0) random.pick(headers)[1] = random.pick(TEXTS)
}

function addHeader({ headers }: Draft, random: Random): void {
  headers.push([random.pick(HEADERS), random.pick(TEXTS)])
}

function dropHeader({ headers }: Draft, random: Random): void {
  headers.splice(random.below(headers.length), 1)
}

function repeatHeader({ headers }: Draft, random: Random): void {
  if (headers.length === 0) return
  const [name, value] = random.pick(headers)
  headers.push([
    random.chance(0.5) ? name : name.toUpperCase(),
    random.chance(0.5) ? value : random.pick(TEXTS),
  ])
}

/** More than a kit wants to look at; sometimes more than Node does (16 KiB in all, 2,000 fields). */
function growHeaders({ headers }: Draft, random: Random): void {
  if (random.chance(0.5))
    headers.push([random.pick(HEADERS), 'a'.repeat(random.pick([4000, 12_000, 20_000]))])
  else for (let count = random.pick([50, 500, 2500]); count > 0; count--) headers.push(['x', ''])
}

/** Nearly right is where comparisons go wrong. */
function changeCredential({ headers }: Draft, random: Random): void {
  const credentials = headers.filter(([name]) => /^(?:x-client-|authorization|cookie|dpop)/.test(name))
  if (credentials.length === 0) return
  const credential = random.pick(credentials)
  const at = random.below(credential[1].length)
  credential[1] = random.pick([
    credential[1].slice(0, at),
    credential[1].slice(0, at) +
      random.pick(['%', 'é', '=', ',', ';', ' ', '"']) +
      credential[1].slice(at + 1),
    `${credential[1]}, ${credential[1]}`,
    ` ${credential[1].toUpperCase()} `,
  ])
}

function otherBody(draft: Draft, random: Random): void {
  draft.body = { kind: 'bytes', bytes: random.pick(BYTES) }
}

/** The right content under another name. */
function otherKindOfBody(draft: Draft, random: Random): void {
  const { body } = draft
  if (body.kind === 'json')
    draft.body = { kind: 'form', fields: Object.entries(body.value ?? {}).map(asField) }
  if (body.kind === 'form') draft.body = { kind: 'json', value: Object.fromEntries(body.fields) }
  const contentType = draft.headers.find(([name]) => name === 'content-type')
  if (contentType)
    contentType[1] = random.pick(['application/json', 'application/x-www-form-urlencoded', 'text/plain'])
}

function asField([name, value]: [string, Json]): Pair {
  return [name, typeof value === 'string' ? value : JSON.stringify(value)]
}

function compressBody(draft: Draft, random: Random): void {
  const plain = bodyBytes(draft.body)
  const [coding, compress] = random.pick([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['gzip', (bytes: Buffer) => gzipSync(bytes).subarray(0, 15)],
    ['br', () => Buffer.from([0x8b])],
  ] as const)
  draft.headers.push(['content-encoding', coding])
  draft.body = { kind: 'bytes', bytes: plain ? compress(plain) : BOMB }
}

/** A thousand times as much as it looks. */
const BOMB = gzipSync(Buffer.alloc(10_000_000))

function sendInChunks(draft: Draft): void {
  draft.framing = 'chunked'
}

function flipBodyByte(draft: Draft, random: Random): void {
  const bytes = bodyBytes(draft.body)
  if (!bytes?.length) return
  const flipped = Buffer.from(bytes)
  flipped[random.below(flipped.length)] = random.below(256)
  draft.body = { kind: 'bytes', bytes: flipped }
}

function expectContinue({ headers }: Draft, random: Random): void {
  headers.push(['expect', random.pick(['100-continue', '100-Continue', '200-ok'])])
}

/** Changes to the bytes on the wire, after which nobody knows where the request ends. */
const WIRE_MUTATIONS: readonly ((bytes: Buffer, random: Random) => Buffer)[] = [
  // Cut off, mixed up, repeated
  (bytes, random) => bytes.subarray(0, random.below(bytes.length)),
  (bytes, random) => Buffer.concat([bytes.subarray(0, random.below(bytes.length)), bytes]),
  (bytes, random) => splice(bytes, random.below(bytes.length), 1, Buffer.from([random.below(256)])),
  (bytes, random) => splice(bytes, random.below(bytes.length), random.below(20), Buffer.alloc(0)),
  (bytes, random) => splice(bytes, random.below(bytes.length), 0, randomBytes(1 + random.below(50), random)),
  (_bytes, random) => randomBytes(1 + random.below(500), random),
  // Lengths that do not agree with the body, with each other, or with arithmetic
  ...['0', '1', '-1', '+5', '0x10', '1e2', ' ', '5, 5', '99999999999999999999', '9007199254740993'].map(
    replaceLength,
  ),
  (bytes: Buffer) => addField(bytes, 'Content-Length: 3'),
  (bytes: Buffer) => addField(bytes, 'Transfer-Encoding: chunked'),
  (bytes: Buffer) => addField(bytes, 'Transfer-Encoding: gzip, chunked'),
  (bytes: Buffer) => addField(bytes, 'Transfer-Encoding: identity'),
  // Chunks that are none
  ...[
    'zz\r\n',
    '-1\r\n',
    'fffffffffffffffff\r\n',
    '5;a=b\r\nab',
    '1\r\naa\r\n0\r\n\r\n',
    '0\r\nx: y',
    '3\nabc\n0\n\n',
  ].map(
    rubbish => (bytes: Buffer) =>
      Buffer.concat([addField(withoutBody(bytes), 'Transfer-Encoding: chunked'), Buffer.from(rubbish)]),
  ),
  // Lines that are none
  (bytes: Buffer) => Buffer.from(bytes.toString('latin1').replaceAll('\r\n', '\n'), 'latin1'),
  (bytes: Buffer) => addField(bytes, ' folded: onto the line before'),
  (bytes: Buffer) => addField(bytes, 'no colon'),
  (bytes: Buffer) => addField(bytes, ': no name'),
  (bytes: Buffer) => addField(bytes, 'space : before the colon'),
  (bytes: Buffer) => addField(bytes, 'nul: \0'),
  (bytes: Buffer) => addField(bytes, 'Host: a second one'),
  ...['HTTP/0.9', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/1.1 x', 'http/1.1', ''].map(
    version => (bytes: Buffer) =>
      Buffer.from(bytes.toString('latin1').replace(' HTTP/1.1', ` ${version}`), 'latin1'),
  ),
  (bytes: Buffer) => Buffer.concat([Buffer.from('\r\n\r\n'), bytes]),
  // Another protocol, whatever it may be, after this request
  ...['websocket', 'h2c', 'x'].map(
    protocol => (bytes: Buffer) => addField(bytes, `Connection: upgrade\r\nUpgrade: ${protocol}`),
  ),
  // Two requests at once
  (bytes: Buffer) => Buffer.concat([bytes, bytes]),
]

/** Damages a request where it frames itself. */
export function damage({ bytes }: Wire, random: Random): Wire {
  return { bytes: random.pick(WIRE_MUTATIONS)(bytes, random), complete: false }
}

function splice(bytes: Buffer, at: number, removed: number, added: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + removed)])
}

function randomBytes(count: number, random: Random): Buffer {
  return Buffer.from(Array.from({ length: count }, () => random.below(256)))
}

function replaceLength(value: string): (bytes: Buffer) => Buffer {
  return bytes =>
    Buffer.from(bytes.toString('latin1').replace(/content-length: \d+/, `content-length: ${value}`), 'latin1')
}

/** After the first line, where a field is a field whatever follows. */
function addField(bytes: Buffer, line: string): Buffer {
  return splice(bytes, bytes.indexOf('\r\n') + 2, 0, Buffer.from(`${line}\r\n`, 'latin1'))
}

function withoutBody(bytes: Buffer): Buffer {
  const head = bytes.subarray(0, bytes.indexOf('\r\n\r\n') + 4).toString('latin1')
  return Buffer.from(head.replace(/(?:content-length|transfer-encoding): .*\r\n/g, ''), 'latin1')
}
