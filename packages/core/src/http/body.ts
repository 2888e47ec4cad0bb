import type { Readable } from 'node:stream'
import { HttpError } from '../errors.ts'
import type { HttpRequest } from './request.ts'
import { header } from './request.ts'

/** The body of an endpoint, once read. `form` may hold a name more than once; its reader decides what that means. */
export type Input =
  | { readonly kind: 'none' }
  | { readonly kind: 'form'; readonly form: URLSearchParams }
  | { readonly kind: 'json'; readonly json: Readonly<Record<string, unknown>> }

/** The fields of a posted form. */
export function formFields(input: Input): URLSearchParams {
  return input.kind === 'form' ? input.form : new URLSearchParams()
}

export type BodyKind = Input['kind']

const MEDIA_TYPES = {
  form: 'application/x-www-form-urlencoded',
  json: 'application/json',
} as const

/**
 * Reads a request's body as the endpoint wants it, whether the host has left it, read it or parsed it.
 * An absent body is an empty one.
 * @param limitBytes the most that is read
 * @throws {HttpError} 413 `body_too_large`, 415 `unsupported_media_type`, 400 `malformed_body`
 */
export async function readBody(request: HttpRequest, kind: BodyKind, limitBytes: number): Promise<Input> {
  if (kind === 'none') return { kind }
  const { body } = request
  if (body.state === 'lost') {
    throw new HttpError(
      400,
      'malformed_body',
      'The host application read the body and kept nothing of it. Mount XWMS before that parser, or let the parser keep what it read.',
    )
  }
  // Whoever read it: what is accepted must not depend on the host's parsers.
  checkMediaType(request, kind)
  if (body.state === 'parsed') return fromParsed(body.value, kind)

  if (body.state === 'unread') checkTransfer(request, limitBytes)
  const bytes = body.state === 'raw' ? toBytes(body.bytes) : await collect(body.stream, limitBytes)
  if (bytes.byteLength > limitBytes) throw tooLarge(limitBytes)
  const text = decode(bytes)
  if (kind === 'form') return { kind, form: new URLSearchParams(text) }
  return { kind, json: text.trim() === '' ? {} : asObject(parseJson(text)) }
}

/** What is plain from the header fields is refused before a byte is read. The host's parsers have seen to it themselves. */
function checkTransfer(request: HttpRequest, limitBytes: number): void {
  const length = Number(header(request.headers, 'content-length') ?? Number.NaN)
  if (length > limitBytes) throw tooLarge(limitBytes)
  const encoding = header(request.headers, 'content-encoding')
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new HttpError(415, 'unsupported_media_type', 'Send the body without Content-Encoding.')
  }
}

function checkMediaType(request: HttpRequest, kind: 'form' | 'json'): void {
  const contentType = header(request.headers, 'content-type')
  if (contentType === undefined) {
    const empty =
      header(request.headers, 'transfer-encoding') === undefined &&
      !Number(header(request.headers, 'content-length') ?? 0)
    if (empty) return
  }
  const mediaType = contentType?.split(';', 1)[0]?.trim().toLowerCase()
  const wanted = MEDIA_TYPES[kind]
  const accepted =
    mediaType === wanted ||
    (kind === 'json' && mediaType !== undefined && /^application\/[\w.-]+\+json$/.test(mediaType))
  if (!accepted)
    throw new HttpError(415, 'unsupported_media_type', `Send the body as Content-Type: ${wanted}.`)
}

/**
 * By events: an iterator over the stream takes longer than all the rest of reading a body. Of one that is too large, what has
 * not come yet stays in the stream, which is not destroyed: the refusal still has to reach its sender.
 */
function collect(stream: Readable, limitBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    let size = 0
    // The caller went away, or broke the framing of the body.
    const fail = (cause?: unknown) =>
      reject(new HttpError(400, 'malformed_body', 'The body ended before it was complete.', { cause }))
    const take = (chunk: Uint8Array) => {
      size += chunk.byteLength
      chunks.push(chunk)
      if (size <= limitBytes) return
      stream.off('data', take).pause()
      reject(tooLarge(limitBytes))
    }
    // It has closed already, and does not tell of it again.
    if (stream.destroyed) return fail(stream.errored)
    stream
      .on('error', fail)
      .on('close', () => stream.readableEnded || fail())
      .on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks, size)))
      .on('data', take)
  })
}

function tooLarge(limitBytes: number): HttpError {
  return new HttpError(413, 'body_too_large', `Send at most ${limitBytes} bytes.`, {
    headers: { connection: 'close' },
  })
}

function toBytes(value: Uint8Array | string): Uint8Array {
  return typeof value === 'string' ? Buffer.from(value) : value
}

/** One for all bodies: to make it takes as long as to decode one. It keeps nothing from one to the next. */
const utf8 = new TextDecoder('utf-8', { fatal: true })

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch (error) {
    throw new HttpError(400, 'malformed_body', 'Send the body in UTF-8.', { cause: error })
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new HttpError(400, 'malformed_body', 'Send a body that is valid JSON.', { cause: error })
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>
  throw new HttpError(400, 'malformed_body', 'Send a JSON object.')
}

/** What the host's own parser made of the body, in our terms. */
function fromParsed(value: unknown, kind: 'form' | 'json'): Input {
  const object = value === undefined || value === null || value === '' ? {} : asObject(value)
  if (kind === 'json') return { kind, json: object }
  const form = new URLSearchParams()
  for (const [name, member] of Object.entries(object)) {
    for (const one of Array.isArray(member) ? member : [member]) {
      // Nested values come from extended parsers (`a[b]=c`); no parameter of ours has such a name.
      if (typeof one === 'string') form.append(name, one)
      else if (typeof one === 'number' || typeof one === 'boolean') form.append(name, String(one))
    }
  }
  return { kind, form }
}
