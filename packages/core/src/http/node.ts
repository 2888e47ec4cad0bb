import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { lingerOnClose } from './lingering-close.ts'
import type { HttpBody } from './request.ts'
import type { HttpResponse } from './response.ts'

// What every framework on top of node:http has in common; adapters add only what is their framework's own.

/** The path and the query of a request target. */
export interface Target {
  /** As the caller wrote it: neither decoded nor normalised, so that `//`, `..` and `%2F` are never taken for ours. */
  readonly path: string
  /** Without its question mark. */
  readonly search: string
}

/**
 * Splits a request target, whose absolute form (`GET http://example.com/path`, RFC 9112 section 3.2.2) counts as its
 * path. Never throws: what is no target of ours is a path that nobody has.
 */
export function splitTarget(target: string): Target {
  const start = target.charCodeAt(0) === SLASH ? 0 : pathStart(target)
  const question = target.indexOf('?', start)
  if (question === -1) return { path: start === 0 ? target : target.slice(start), search: '' }
  return { path: target.slice(start, question), search: target.slice(question + 1) }
}

const SLASH = '/'.charCodeAt(0)

function pathStart(target: string): number {
  const authority = target.indexOf('://')
  const path = authority === -1 ? -1 : target.indexOf('/', authority + 3)
  const question = target.indexOf('?')
  return path === -1 || (question !== -1 && question < path) ? 0 : path
}

/**
 * The body of a request as it was found.
 * @param parsed what the host's own parser left, if one ran. Parsers also leave `{}` without having read anything, so
 * the stream itself is asked first.
 */
export function findBody(request: IncomingMessage, parsed: unknown): HttpBody {
  if (!request.readableDidRead && !request.readableEnded) return { state: 'unread', stream: request }
  if (parsed === undefined || parsed === null)
    return request.readableDidRead ? { state: 'lost' } : { state: 'parsed', value: undefined }
  if (typeof parsed === 'string' || parsed instanceof Uint8Array) return { state: 'raw', bytes: parsed }
  return { state: 'parsed', value: parsed }
}

/**
 * Has Node remember where a request came from, so that it can still be asked when the caller has gone: nobody slips through a
 * limit for his address by not waiting for the answer.
 */
export function rememberAddress({ socket }: IncomingMessage): void {
  // Reading it is what does so.
  void socket.remoteAddress
}

/** The certificate of a caller who spoke mutual TLS (RFC 8705). */
export interface PresentedCertificate {
  /** PEM, or base64 of its DER. */
  readonly certificate: string
  /** Whether its chain was verified against trust roots. */
  readonly verified: boolean
}

/** The certificate of a caller where Node itself ends the TLS connection; a proxy in front passes it on in its own way. */
export function peerCertificate({ socket }: IncomingMessage): PresentedCertificate | undefined {
  if (!('getPeerX509Certificate' in socket)) return undefined
  const { authorized, getPeerX509Certificate } = socket as TLSSocket
  const certificate = getPeerX509Certificate.call(socket)
  return certificate && { certificate: certificate.raw.toString('base64'), verified: authorized }
}

/** Sends an answer, whole and at once. */
export function sendResponse(response: ServerResponse, { status, headers, body, bytes }: HttpResponse): void {
  lingerOnClose(response.req)
  response.statusCode = status
  for (const name in headers) {
    const value = headers[name] as string | string[]
    // The host's own middleware may have set cookies already.
    if (name === 'set-cookie') response.appendHeader(name, value)
    else response.setHeader(name, value)
  }
  response.setHeader('content-length', bytes?.byteLength ?? Buffer.byteLength(body))
  // Node leaves the body out where the method is HEAD.
  response.end(bytes ?? body)
}
