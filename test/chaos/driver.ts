import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Random, randomFor } from '../fuzz/random.ts'
import type { Caller, Credentials } from './installation.ts'
import { type Kind, pickCaller, pickKind } from './traffic.ts'
import { GARBLED, NOTHING_WHOLE } from './verdict.ts'

/** One request, and what its caller came to know of it. */
export interface Exchange {
  readonly requestId: string
  readonly caller: Caller
  /** The place that was asked. */
  readonly place: number
  readonly sentAt: number
  /** When it had come to its end. */
  readonly doneAt: number
  /** The status of an answer that came whole, {@link NOTHING_WHOLE} or {@link GARBLED}. */
  readonly status: number
  /** Whether the caller did not wait for the end. */
  readonly left: boolean
}

export interface Driver {
  /** How many requests are under way at a place. */
  inFlight(place: number): number
  /** Sends one request more, and waits for what comes of it. */
  ask(url: string, place: number, caller: Caller, kind: Kind): Promise<Exchange>
  /** Sends nothing more, and resolves when every request has come to its end. */
  stop(): Promise<void>
}

export interface DriverOptions {
  readonly seed: number
  /** Goes before the number in each request id. */
  readonly name: string
  /** How many requests may be under way at once. */
  readonly lanes: number
  readonly credentials: Credentials
  /** Where each place listens at the moment. */
  readonly urls: () => readonly (string | undefined)[]
  /** Told of each request when it has come to its end. */
  readonly onExchange: (exchange: Exchange) => void
}

/** How long a caller waits for an answer. */
const PATIENCE_MS = 20_000
/** A lane thinks for so long between two requests, at most: the faults are to meet an answerable system. */
const THINKING_MS = 12
/** And so much longer, at most, after anything but success. */
const REFUSED_MS = 150
/** The share of callers who leave early, and after how long at most. */
const LEAVING = 0.004
const LEAVING_MS = 30

/** Puts the server processes under load, and notes what callers really received. */
export function startDriver(options: DriverOptions): Driver {
  const inFlight: number[] = options.urls().map(() => 0)
  let sent = 0
  let stopped = false

  async function exchange(
    agent: Agent,
    { url, place }: { url: string; place: number },
    caller: Caller,
    kind: Kind,
    leavesAfterMs?: number,
  ): Promise<Exchange> {
    const requestId = `${options.name}-${String(++sent).padStart(8, '0')}`
    const sentAt = Date.now()
    inFlight[place] = (inFlight[place] ?? 0) + 1
    const received = await receive(
      request(url + kind.path, {
        agent,
        method: kind.method,
        headers: {
          ...options.credentials[caller],
          'x-request-id': requestId,
          'x-forwarded-proto': 'https',
          ...(kind.method === 'POST' && { 'content-length': 0 }),
        },
      }),
      body => kind.isWhole(body, requestId),
      leavesAfterMs ?? PATIENCE_MS,
    )
    inFlight[place] = (inFlight[place] ?? 1) - 1
    const done = { requestId, caller, place, sentAt, doneAt: Date.now(), ...received }
    options.onExchange(done)
    return done
  }

  async function lane(number: number): Promise<void> {
    const random = randomFor(options.seed, LANE_STREAM + number)
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    try {
      while (!stopped) {
        const place = pickPlace(options.urls(), random)
        if (place === undefined) await sleep(20)
        else {
          const leaves = random.chance(LEAVING) ? random.below(LEAVING_MS) : undefined
          const { status } = await exchange(agent, place, pickCaller(random), pickKind(random), leaves)
          if (status !== 200) await sleep(random.below(REFUSED_MS))
        }
        await sleep(random.below(THINKING_MS))
      }
    } finally {
      agent.destroy()
    }
  }

  const lanes = Array.from({ length: options.lanes }, (_, number) => lane(number))
  return {
    inFlight: place => inFlight[place] ?? 0,
    async ask(url, place, caller, kind) {
      const agent = new Agent()
      return exchange(agent, { url, place }, caller, kind)
    },
    async stop() {
      stopped = true
      await Promise.all(lanes)
    },
  }
}

const LANE_STREAM = 2_000_000

function pickPlace(urls: readonly (string | undefined)[], random: Random) {
  const place = random.below(urls.length)
  const url = urls[place]
  return url === undefined ? undefined : { url, place }
}

/** Sends a request, and tells what came of it. */
function receive(
  sending: ClientRequest,
  isWhole: (body: string) => boolean,
  patienceMs: number,
): Promise<Pick<Exchange, 'status' | 'left'>> {
  return new Promise(resolve => {
    let left = false
    const impatience = setTimeout(() => {
      left = true
      sending.destroy()
    }, patienceMs)
    const settle = (status: number) => {
      clearTimeout(impatience)
      resolve({ status, left })
    }
    sending.on('error', () => settle(NOTHING_WHOLE))
    sending.on('close', () => settle(NOTHING_WHOLE))
    sending.on('response', answer => {
      const { statusCode: status = 0 } = answer
      const pieces: Buffer[] = []
      answer.on('data', (piece: Buffer) => pieces.push(piece))
      answer.on('error', () => settle(NOTHING_WHOLE))
      answer.on('end', () => {
        const body = Buffer.concat(pieces)
        if (!isComplete(answer, body)) settle(NOTHING_WHOLE)
        else settle(status >= 400 || isWhole(body.toString()) ? status : GARBLED)
      })
    })
    sending.end()
  })
}

/** The end was marked as HTTP marks it, and as many bytes came as were declared. */
function isComplete(answer: IncomingMessage, body: Buffer): boolean {
  const declared = answer.headers['content-length']
  return answer.complete && (declared === undefined || Number(declared) === body.length)
}
