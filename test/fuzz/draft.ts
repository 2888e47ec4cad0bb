import type { Random } from './random.ts'

export type Pair = [name: string, value: string]

/** A JSON value that may still be changed. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

export type DraftBody =
  | { kind: 'none' }
  | { kind: 'form'; fields: Pair[] }
  | { kind: 'json'; value: Json }
  | { kind: 'bytes'; bytes: Buffer }

/** A request on its way from valid to malformed. */
export interface Draft {
  method: string
  /** As it goes over the wire, without the query. */
  path: string
  query: Pair[]
  headers: Pair[]
  body: DraftBody
  /** How the end of the body is told. */
  framing: 'length' | 'chunked'
}

/** A request as it goes over the wire. */
export interface Wire {
  readonly bytes: Buffer
  /** Whether its end is where it says, so that there is an answer to wait for. */
  readonly complete: boolean
}

/** What ends a line or a field early, and with it perhaps the request. */
const BREAKS_FRAMING = /[\r\n\0]/

/** Writes a request down, with a body as long as it says. */
export function writeDown(draft: Draft, random: Random): Wire {
  const body = bodyBytes(draft.body)
  const chunked = draft.framing === 'chunked'
  const query = new URLSearchParams(draft.query).toString()
  const headers = [...draft.headers]
  if (chunked) headers.push(['transfer-encoding', 'chunked'])
  else if (body) headers.push(['content-length', String(body.length)])
  const lines = [
    `${draft.method} ${draft.path}${query && `?${query}`} HTTP/1.1`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ]
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
  const parts = [head, ...(chunked ? inChunks(body ?? Buffer.alloc(0), random) : body ? [body] : [])]
  return { bytes: Buffer.concat(parts), complete: !lines.some(line => BREAKS_FRAMING.test(line)) }
}

/** The body as its kind is usually written. */
export function bodyBytes(body: DraftBody): Buffer | undefined {
  switch (body.kind) {
    case 'none':
      return undefined
    case 'form':
      return Buffer.from(new URLSearchParams(body.fields).toString())
    case 'json':
      return Buffer.from(JSON.stringify(body.value))
    case 'bytes':
      return body.bytes
  }
}

function inChunks(body: Buffer, random: Random): Buffer[] {
  const parts: Buffer[] = []
  for (let at = 0; at < body.length; ) {
    const chunk = body.subarray(at, at + 1 + random.below(body.length))
    parts.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'))
    at += chunk.length
  }
  return [...parts, Buffer.from('0\r\n\r\n')]
}
