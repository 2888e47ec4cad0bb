import type { Readable } from 'node:stream'
import { keptText } from '../lib/kept-text.ts'

/** Header fields as Node gives them: lower-case names; a list only for `set-cookie`. */
export type HttpHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * The body as the adapter found it.
 * - `unread`: nobody has touched the stream.
 * - `raw`: the host read it into bytes or text (`express.raw()`, `express.text()`).
 * - `parsed`: the host parsed it (`express.json()`, `koa-bodyparser`).
 * - `lost`: the host read the stream and kept nothing.
 */
export type HttpBody =
  | { readonly state: 'unread'; readonly stream: Readable }
  | { readonly state: 'raw'; readonly bytes: Uint8Array | string }
  | { readonly state: 'parsed'; readonly value: unknown }
  | { readonly state: 'lost' }

/** A request to one of the kit's own endpoints, as plain data. Adapters make it from their framework's request. */
export interface HttpRequest {
  readonly method: string
  /** Relative to where the kit is mounted; begins with a slash. */
  readonly path: string
  /** The query, without its question mark. */
  readonly search: string
  readonly headers: HttpHeaders
  /** Scheme, host and port that the caller used, as the framework's proxy settings see them: `https://example.com`. */
  readonly origin: string
  /** The path under which the host application sees the kit: empty, or `/prefix`. */
  readonly mountPath: string
  /** Whether the caller came over TLS, as the framework's proxy settings see it. */
  readonly secure: boolean
  /** The caller's address, as the framework's proxy settings see it; never taken from a header here. */
  readonly ip: string
  /** The certificate that the caller proved possession of in the TLS handshake, in PEM or as base64 of its DER. */
  readonly clientCertificate?: string | undefined
  /**
   * Whether the certificate's chain was verified against trust roots as well. Anybody can make a certificate in anybody's
   * name, so its subject counts only then (RFC 8705 section 2.1).
   */
  readonly clientCertificateVerified?: boolean | undefined
  readonly body: HttpBody
  /** Whether nobody waits for the answer any more. */
  readonly hasLeft: boolean
}

/** The one value of a header field, or `undefined`. */
export function header(headers: HttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : value?.[0]
}

/** What called, as it says itself, within what is kept of a text. */
export function userAgentOf(headers: HttpHeaders): string | undefined {
  const given = header(headers, 'user-agent')
  return given === undefined ? undefined : keptText(given)
}

const REQUEST_ID = /^[A-Za-z0-9._~+/=:-]{8,128}$/

/** The caller's `X-Request-Id` when it is well formed, else a new one. */
export function requestIdOf(headers: HttpHeaders): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : newRequestId()
}

/** 64 random bits for each process; the number behind them tells its requests apart. No randomness is drawn for each request. */
const PROCESS = crypto.randomUUID().replaceAll('-', '').slice(-16)
let requests = 0

function newRequestId(): string {
  requests++
  return `${PROCESS}-${requests.toString(36)}`
}
