import type { MeteredRequest, UsageBatch, WindowUse } from '@xwms/core'
import type { Row } from './rows.ts'

/** How many there are of each; a batch is drawn from all of them. */
const WORKSPACES = 500
const CLIENTS = 1000
const ROUTES = 20
/** Of each client. */
const SERVERS = 4
const USER_AGENTS = 40

const PRICES = [0, 10_000, 50_000]

/** A batch that has yet to get its id. */
export type Load = Omit<UsageBatch, 'id'>

/**
 * Batches as a meter makes them when many clients call at once: a few clients, and of each a few routes, make up most of the
 * requests (both after Zipf, unless they are to be uniform), some fail, some are in test mode, and every client has a rate limit,
 * whose window is written along.
 */
export function loadOf(
  batches: number,
  size: number,
  { logged, spread }: Pick<Row, 'logged' | 'spread'>,
): Load[] {
  const random = sequence()
  const one = (of: number) => Math.floor(random() * of)
  const drawn = (count: number) => (spread === 'zipf' ? zipf(count, random) : () => one(count))
  const client = drawn(CLIENTS)
  const route = drawn(ROUTES)
  const began = Date.now()

  function request(index: number): MeteredRequest {
    const number = client()
    const called = route()
    const mode = number % 10 === 9 ? 'test' : 'live'
    const fate = random()
    const status = fate < 0.94 ? 200 : fate < 0.99 ? 404 : 503
    return {
      at: new Date(began + Math.floor(index / 100)),
      workspaceId: name('ws', number % WORKSPACES),
      clientId: name('cl', number),
      domainId: name('dom', number),
      route: `GET /v1/resources-${called}/:id`,
      mode,
      sub: random() < 0.2 ? String(1_000_000_000_000 + one(1_000_000)) : undefined,
      status,
      durationMs: one(400) / 10,
      priceNanoEuro: mode === 'test' || status >= 500 ? 0 : (PRICES[called % PRICES.length] ?? 0),
      requestId: `${name('', one(1e6))}-${name('', index)}`,
      caller: logged
        ? {
            ip: `198.51.${number % 256}.${one(SERVERS)}`,
            userAgent: `partner-sdk/1.${number % USER_AGENTS} node`,
          }
        : undefined,
    }
  }

  return Array.from({ length: batches }, (_, batch) => {
    const events = Array.from({ length: size }, (_, index) => request(batch * size + index))
    return { events, windows: windowsOf(events, began) }
  })
}

/** As long as a real id. */
function name(kind: string, number: number): string {
  return `${kind}_${String(number).padStart(16, '0')}`
}

function windowsOf(events: readonly MeteredRequest[], now: number): WindowUse[] {
  const used = new Map<string, number>()
  for (const { clientId } of events) used.set(clientId, (used.get(clientId) ?? 0) + 1)
  const start = new Date(Math.floor(now / 60_000) * 60_000)
  const end = new Date(start.getTime() + 60_000)
  return [...used].map(([clientId, used]) => ({ key: `rate:${clientId}`, start, end, since: start, used }))
}

/** Numbers from 0 to `count` - 1, each so much rarer than the first as it is later. */
function zipf(count: number, random: () => number): () => number {
  const upTo: number[] = []
  let sum = 0
  for (let rank = 1; rank <= count; rank++) {
    sum += 1 / rank
    upTo.push(sum)
  }
  return () => {
    const drawn = random() * sum
    let [low, high] = [0, count - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((upTo[middle] as number) < drawn) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** The same numbers from 0 to 1 in every run (mulberry32). */
function sequence(): () => number {
  let state = 0x9e3779b9
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
