import type { RequestListener, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { endOnceMetered, type ResponseMeter } from '../../src/http/metered-response.ts'

/** What a handler's meters saw, and in which order things happened. */
export interface Seen {
  readonly events: number[]
  readonly log: string[]
}

export interface Metering {
  /** How long a commit takes. */
  readonly takesMs?: number
  readonly fails?: boolean
  /** How many guards there are around each other. */
  readonly guards?: number
  /** What the host puts around the response between two guards. */
  readonly between?: (response: ServerResponse) => void
}

/** A handler behind meters whose commits take some time. */
export function behindMeters(
  handler: (response: ServerResponse, log: string[]) => unknown,
  { takesMs = 5, fails = false, guards = 1, between }: Metering = {},
): Seen & { readonly listener: RequestListener } {
  const events: number[] = []
  const log: string[] = []
  const meter: ResponseMeter = {
    requestId: 'request-1',
    headers: undefined,
    async complete(status, waiter) {
      events.push(status)
      await delay(takesMs)
      log.push('committed')
      if (fails) waiter.failed(new Error('no commit'))
      else waiter.committed()
    },
  }
  return {
    events,
    log,
    listener(_request, response) {
      for (let guard = 0; guard < guards; guard++) {
        if (guard > 0) between?.(response)
        endOnceMetered(response, meter, (_error, requestId) => ({
          status: 503,
          headers: { 'content-type': 'text/plain', 'x-request-id': requestId },
          body: 'not counted',
        }))
      }
      handler(response, log)
    },
  }
}

/** As middleware does that works on what is sent, or saves something first: each call goes on a little later. */
function handOnLater(response: ServerResponse): void {
  const { write, end } = response
  response.write = ((...written: Parameters<typeof write>) => {
    setTimeout(() => write.apply(response, written), 1)
    return true
  }) as typeof write
  response.end = ((...ended: Parameters<typeof end>) => {
    setTimeout(() => end.apply(response, ended), 1)
    return response
  }) as typeof end
}

/** What there may be around a handler. */
export const SURROUNDINGS = [
  { name: 'one guard', guards: 1 },
  { name: 'two guards', guards: 2 },
  { name: 'two guards, and between them what hands on later', guards: 2, between: handOnLater },
] as const

/** A way to give an answer, and what the caller is to get; the status is 200 unless it says another. */
export interface Way {
  readonly give: (response: ServerResponse) => unknown
  readonly body: string
  readonly status?: number
}

/** The ways that Node has to give an answer. */
export const WAYS: Readonly<Record<string, Way>> = {
  'end without anything': { give: response => response.end(), body: '' },
  'end with text': { give: response => response.end('text'), body: 'text' },
  'end with text and encoding': { give: response => response.end('dGV4dA==', 'base64'), body: 'text' },
  'end with bytes': { give: response => response.end(Buffer.from('text')), body: 'text' },
  'end with a callback': { give: response => response.end('text', () => {}), body: 'text' },
  'end with a callback alone': { give: response => response.end(() => {}), body: '' },
  'end of a declared length': {
    give: response => {
      response.setHeader('content-length', 4)
      response.end('text')
    },
    body: 'text',
  },
  'writes, then end': {
    give: response => {
      response.write('te')
      response.write('xt')
      response.end()
    },
    body: 'text',
  },
  'writes, then end with text': {
    give: response => {
      response.write('te')
      response.end('xt')
    },
    body: 'text',
  },
  'writes of a declared length': {
    give: response => {
      response.setHeader('content-length', 4)
      response.write('te')
      response.write(Buffer.from('xt'))
      response.end()
    },
    body: 'text',
  },
  'a write of a declared length that is waited for, then end': {
    async give(response) {
      response.setHeader('content-length', 4)
      await new Promise<unknown>(written => response.write('text', written))
      response.end()
    },
    body: 'text',
  },
  'a write and an end of a declared length': {
    give: response => {
      response.setHeader('content-length', 4)
      response.write('te')
      response.end('xt')
    },
    body: 'text',
  },
  'writeHead with a length': {
    give: response => response.writeHead(201, { 'content-length': 4 }).end('text'),
    body: 'text',
    status: 201,
  },
  'a stream that is piped': { give: response => Readable.from(['te', 'xt']).pipe(response), body: 'text' },
  'a stream of a declared length': {
    give: response => {
      response.setHeader('content-length', 4)
      return pipeline(Readable.from(['te', 'xt']), response)
    },
    body: 'text',
  },
  'no content': {
    give: response => {
      response.statusCode = 204
      response.end()
    },
    body: '',
    status: 204,
  },
  'not modified': {
    give: response => {
      response.statusCode = 304
      response.end()
    },
    body: '',
    status: 304,
  },
}
