import type { ServerResponse } from 'node:http'
import { sendResponse } from './node.ts'
import type { HttpResponse } from './response.ts'

/** What a metered response needs of the admission that it belongs to. */
export interface ResponseMeter {
  readonly requestId: string
  /** Resolves when the usage event is committed. */
  readonly complete: (status: number) => Promise<void>
  /** What to answer instead when it could not be. */
  readonly failure: (error: unknown, requestId: string) => HttpResponse
}

/** nginx's status for a caller who left before there was an answer; it exists in our books only. */
const CLIENT_LEFT = 499

/**
 * Lets a response end only once its usage event is committed: exactly one event, however the response ends. What the host
 * writes before flows freely. Waiting for the commit are `end` and whatever completes a declared Content-Length, so a
 * caller never holds a complete answer that nobody has counted.
 *
 * If the commit fails, the caller gets `failure` instead, or a broken connection where part of the answer has left.
 */
export function endOnceMetered(response: ServerResponse, meter: ResponseMeter): void {
  const { write, end } = response
  const { requestId } = meter
  let counted = false
  let declaredBytes: number | undefined
  let writtenBytes = 0
  /** The arguments of writes that complete the declared length. */
  const held: Parameters<typeof write>[] = []

  response.setHeader('x-request-id', requestId)

  function holdingWrite(...written: Parameters<typeof write>): boolean {
    // After the end there is nothing to write to.
    if (counted) return false
    declaredBytes ??= Number(response.getHeader('content-length') ?? Number.POSITIVE_INFINITY)
    writtenBytes += Buffer.byteLength(written[0], encodingOf(written))
    if (!(writtenBytes >= declaredBytes)) return write.apply(response, written)
    held.push(written)
    return true
  }

  function holdingEnd(...ended: Parameters<typeof end>): ServerResponse {
    if (!counted) {
      counted = true
      void endOnceCommitted(ended)
    }
    return response
  }

  async function endOnceCommitted(ended: Parameters<typeof end>): Promise<void> {
    const partlySent = response.headersSent
    const status = response.statusCode
    // Koa's error handling takes every header away.
    if (!partlySent) response.setHeader('x-request-id', requestId)
    const unseal = seal(response)
    try {
      await meter.complete(status)
      unseal()
      response.statusCode = status
      for (const written of held) write.apply(response, written)
      end.apply(response, ended)
    } catch (error) {
      const answer = meter.failure(error, requestId)
      unseal()
      if (partlySent) response.destroy()
      else replace(ended, answer)
    }
  }

  function replace(ended: readonly unknown[], answer: HttpResponse): void {
    for (const name of response.getHeaderNames()) response.removeHeader(name)
    response.statusMessage = ''
    const callback = ended.at(-1)
    if (typeof callback === 'function') response.once('finish', callback as () => void)
    response.write = write
    response.end = end
    sendResponse(response, answer)
  }

  function clientLeft(): void {
    if (counted) return
    counted = true
    const status = response.headersSent ? response.statusCode : CLIENT_LEFT
    // Nobody is left to be told; the meter has logged it.
    meter.complete(status).catch(() => {})
  }

  response.write = holdingWrite as typeof write
  response.end = holdingEnd as typeof end
  if (response.destroyed) clientLeft()
  else response.on('close', clientLeft)
}

function encodingOf([, encoding]: readonly unknown[]): BufferEncoding | undefined {
  return typeof encoding === 'string' ? (encoding as BufferEncoding) : undefined
}

/**
 * Makes a response look to the host as it does after `end`, though it has yet to leave: a second answer or a late header
 * must not mix with the first. What reads `headersSent` (error handling, timeouts) then does the right thing by itself.
 * @returns takes the seal off
 */
function seal(response: ServerResponse): () => void {
  const { setHeader, appendHeader, removeHeader } = response
  Object.defineProperties(response, ENDED)
  response.setHeader = response.appendHeader = response.removeHeader = tooLate
  return () => {
    response.setHeader = setHeader
    response.appendHeader = appendHeader
    response.removeHeader = removeHeader
  }
}

/** They stay when the seal is taken off: they come true in the same turn, and deleting them would cost microseconds. */
const ENDED: PropertyDescriptorMap = { headersSent: { value: true }, writableEnded: { value: true } }

/** What Node itself says after `end`. */
function tooLate(): never {
  throw Object.assign(new Error('Cannot set headers after they are sent to the client'), {
    code: 'ERR_HTTP_HEADERS_SENT',
  })
}
