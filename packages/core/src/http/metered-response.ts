import { AsyncResource } from 'node:async_hooks'
import type { ServerResponse } from 'node:http'
import type { EventWaiter } from '../model/usage.ts'
import { CLIENT_LEFT } from './client-left.ts'
import { breakOff, http2Stream, sentStatus } from './http2.ts'
import { HOLDER, type Holder, keepConnection } from './kept-connection.ts'
import { sendResponse } from './node.ts'
import type { HttpResponse } from './response.ts'
import { isSealed, seal, unseal } from './seal.ts'

/** The admission that a metered response belongs to. */
export interface ResponseMeter {
  readonly requestId: string
  /** Further header fields of the answer. */
  readonly headers: Readonly<Record<string, string>> | undefined
  /** Meters the request, and tells the waiter when its usage event is committed, be it at once. */
  complete(status: number, waiter: EventWaiter): void
}

/** What to answer instead when the event could not be committed. */
type Failure = (error: unknown, requestId: string) => HttpResponse

/**
 * Lets a response end only once its usage event is committed: exactly one event, however the response ends. What the host
 * writes before flows freely. Waiting for the commit are `end` and whatever completes a declared Content-Length, so a
 * caller never holds a complete answer that nobody has counted.
 *
 * If the commit fails, the caller gets `failure` instead, or a broken connection where part of the answer has left.
 */
export function endOnceMetered(response: ServerResponse, meter: ResponseMeter, failure: Failure): void {
  const held = new HeldResponse(response as Held, meter, failure)
  const stream = http2Stream(response)
  if ((stream ?? response).destroyed) held.clientLeft()
  else if (stream === undefined) response.on('close', closed)
  // The response itself does not tell where it would have been one to HEAD.
  else stream.on('close', () => held.clientLeft())
  if (stream !== undefined && response.req.method === 'HEAD') response.write = writeNothing
}

/** A response with what holds it. */
interface Held extends ServerResponse {
  [HOLDER]?: HeldResponse | undefined
}

interface HeldMethods {
  readonly write: ServerResponse['write']
  readonly end: ServerResponse['end']
}

// The same functions on every response. Closures made for each were measured to keep responses that are done with from the young
// generation's collector: under load a third of a request's time went to copying them. Only how deep a guard is inside others tells
// them apart: what the host puts around the response between two guards goes on with those that it found.
function heldMethods(depth: number): HeldMethods {
  return {
    write: function heldWrite(this: Held, ...written: Written): boolean {
      return this[HOLDER]?.at(depth).write(written) ?? false
    } as ServerResponse['write'],
    end: function heldEnd(this: Held, ...ended: Ended): ServerResponse {
      return this[HOLDER]?.at(depth).end(ended) ?? this
    } as ServerResponse['end'],
  }
}

const METHODS: HeldMethods[] = []

function closed(this: Held): void {
  this[HOLDER]?.clientLeft()
}

/** To HEAD no byte of a body leaves. Over HTTP/2 the first one would take the whole answer along. */
function writeNothing(...written: readonly unknown[]): boolean {
  writtenAtOnce(written)
  return true
}

/** Who waits for a write that is held, to end the response after it, would wait for ever: its callback is called as if it had left. */
function writtenAtOnce<Arguments extends readonly unknown[]>(written: Arguments): Arguments {
  const callback = written.at(-1)
  if (typeof callback !== 'function') return written
  process.nextTick(callback)
  return written.slice(0, -1) as readonly unknown[] as Arguments
}

type Written = Parameters<ServerResponse['write']>
type Ended = Parameters<ServerResponse['end']>
const NOTHING: Ended = [undefined, 'utf8']
/** Nobody has to be told when it is collected. */
const CONTEXT = { requireManualDestroy: true }

class HeldResponse implements EventWaiter, Holder {
  readonly #response: Held
  readonly #meter: ResponseMeter
  readonly #failure: Failure
  readonly #write: ServerResponse['write']
  readonly #end: ServerResponse['end']
  /** A route may be guarded twice; then what this one lets go of is held by that one. */
  readonly #outer: HeldResponse | undefined
  /** How many there are around this one. */
  readonly #depth: number
  #counted = false
  #leaving = false
  #left = false
  #closing = false
  #declaredBytes: number | undefined
  #writtenBytes = 0
  /** The arguments of writes that complete the declared length. */
  #heldWrites: Written[] | undefined
  #ended: Ended | undefined
  /** Of `end`, in which the answer leaves: what the host has in AsyncLocalStorage is that of its own request. */
  #context: AsyncResource | undefined
  #status = 0
  #partlySent = false

  constructor(response: Held, meter: ResponseMeter, failure: Failure) {
    this.#response = response
    this.#meter = meter
    this.#failure = failure
    this.#write = response.write
    this.#end = response.end
    this.#outer = response[HOLDER]
    this.#depth = this.#outer === undefined ? 0 : this.#outer.#depth + 1
    response[HOLDER] = this
    METHODS[this.#depth] ??= heldMethods(this.#depth)
    const { write, end } = METHODS[this.#depth] as HeldMethods
    response.write = write
    response.end = end
    this.#setHeaders()
  }

  /** Itself, or the one around it that is so deep. */
  at(depth: number): HeldResponse {
    return this.#outer === undefined || this.#depth <= depth ? this : this.#outer.at(depth)
  }

  get waits(): boolean {
    const outermost = this.at(0)
    return this.#ended !== undefined && !outermost.#leaving && !outermost.#left
  }

  closeOnceAnswered(): void {
    this.at(0).#closing = true
  }

  write(written: Written): boolean {
    // After the end there is nothing to write to, but for the end itself: that of HTTP/2 writes its body by way of this.
    if (this.#counted) return this.at(0).#writeOfEnd(written)
    this.#declaredBytes ??= Number(this.#response.getHeader('content-length') ?? Number.POSITIVE_INFINITY)
    this.#writtenBytes += Buffer.byteLength(written[0], encodingOf(written))
    if (!(this.#writtenBytes >= this.#declaredBytes)) return this.#pass(written)
    this.#heldWrites ??= []
    this.#heldWrites.push(writtenAtOnce(written))
    return true
  }

  /** What the host put between two guards may hand on only now what it got before the inner one began to wait: then the header leaves. */
  #pass(written: Written): boolean {
    const response = this.#response
    const innermost = response[HOLDER]
    if (innermost === this || innermost === undefined || !isSealed(response))
      return this.#write.apply(response, written)
    unseal(response)
    response.statusCode = innermost.#status
    try {
      return this.#write.apply(response, written)
    } finally {
      seal(response)
    }
  }

  end(ended: Ended): ServerResponse {
    const response = this.#response
    if (this.#counted) return this.#endAgain()
    this.#counted = true
    this.#ended = ended
    this.#context = new AsyncResource('XwmsAnswer', CONTEXT)
    this.#partlySent = response.headersSent
    this.#status = this.#partlySent ? sentStatus(response) : response.statusCode
    // Koa's error handling takes every header away. To look costs less than to set.
    if (!this.#partlySent && !response.hasHeader('x-request-id')) this.#setHeaders()
    // What was to complete another answer is none of this one, such as that of an error.
    if (this.#heldWrites && Number(response.getHeader('content-length')) !== this.#declaredBytes)
      this.#heldWrites = undefined
    seal(response)
    keepConnection(response)
    this.#meter.complete(this.#status, this)
    return response
  }

  committed(): void {
    // The caller left, and the event says so.
    if (this.#ended === undefined) return
    this.#context?.runInAsyncScope(this.#leave, this, this.#ended)
  }

  failed(error: unknown): void {
    // Nobody is left to be told; the meter has logged it.
    if (this.#ended === undefined) return
    this.#context?.runInAsyncScope(this.#replace, this, error, this.#ended)
  }

  #leave(ended: Ended): void {
    const response = this.#response
    unseal(response)
    response.statusCode = this.#status
    try {
      if (this.#heldWrites) for (const written of this.#heldWrites) this.#write.apply(response, written)
      this.#leaving = true
      this.#end.apply(response, ended)
    } catch (error) {
      this.#replace(error, ended)
    } finally {
      this.#leaving = false
      this.#hasLeft()
    }
  }

  #replace(error: unknown, ended: Ended): void {
    const response = this.#response
    try {
      const answer = this.#failure(error, this.#meter.requestId)
      unseal(response)
      if (response.headersSent) this.#breakOff()
      else this.#answerInstead(answer, ended)
    } catch {
      // Something that the host put around the response stands in the way even of that.
      this.#breakOff()
    } finally {
      this.#hasLeft()
    }
  }

  #breakOff(): void {
    this.at(0).#left = true
    breakOff(this.#response)
  }

  #hasLeft(): void {
    if (this.#outer !== undefined) return
    this.#left = true
    if (this.#closing) this.#response.req.socket.destroySoon()
  }

  #endAgain(): ServerResponse {
    const response = this.#response
    // Where the caller of HEAD has left, a response of HTTP/2 emits its `finish` and `close` only now.
    if (this.#ended === undefined && http2Stream(response) !== undefined) this.#end.apply(response, NOTHING)
    return response
  }

  #writeOfEnd(written: Written): boolean {
    return this.#leaving && this.#write.apply(this.#response, written)
  }

  #answerInstead(answer: HttpResponse, ended: readonly unknown[]): void {
    const response = this.#response
    for (const name of response.getHeaderNames()) response.removeHeader(name)
    // HTTP/2 has none, and Node says so in the log.
    if (http2Stream(response) === undefined) response.statusMessage = ''
    const callback = ended.at(-1)
    if (typeof callback === 'function') response.once('finish', callback as () => void)
    response.write = this.#write
    response.end = this.#end
    response[HOLDER] = this.#outer
    sendResponse(response, answer)
  }

  clientLeft(): void {
    this.#outer?.clientLeft()
    if (this.#counted) return
    this.#counted = true
    this.#meter.complete(this.#response.headersSent ? sentStatus(this.#response) : CLIENT_LEFT, this)
  }

  #setHeaders(): void {
    const { requestId, headers } = this.#meter
    this.#response.setHeader('x-request-id', requestId)
    if (headers) for (const name in headers) this.#response.setHeader(name, headers[name] as string)
  }
}

function encodingOf([, encoding]: readonly unknown[]): BufferEncoding | undefined {
  return typeof encoding === 'string' ? (encoding as BufferEncoding) : undefined
}
