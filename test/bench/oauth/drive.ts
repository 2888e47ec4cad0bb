import type autocannon from 'autocannon'
import { fire, type Load, summariseLoad } from '../cannon.ts'
import { type Kept, lowerCased, type Step } from './workloads.ts'

/** How often autocannon looks whether it is to stop. */
const SAMPLE_MS = 50

/** For autocannon, which wants to know; the load ends by our own clock. */
const LONG_SECONDS = 3600

/**
 * Walks through steps over and over, on each connection its own; for `seconds`, or until the first walk is done where that
 * takes longer.
 * @param scripts one for each connection, all of one length
 * @returns figures of whole walks
 * @throws {Error} with the first answer that was not the right one; the load ends there
 */
export async function drive(
  origin: string,
  scripts: readonly (readonly Step[])[],
  seconds: number,
): Promise<Load> {
  let failure: string | undefined
  let due = false
  let stop = () => {}
  const walks: number[] = []
  const clock = setTimeout(() => {
    due = true
    if (walks.length > 0) stop()
  }, seconds * 1000)
  const fail = (what: string) => {
    failure ??= what
    stop()
  }
  const arrive = (ms: number) => {
    walks.push(ms)
    if (due) stop()
  }

  let connection = 0
  const { result, seconds: elapsed } = await fire(
    {
      url: origin,
      connections: scripts.length,
      duration: LONG_SECONDS,
      bailout: 1,
      sampleInt: SAMPLE_MS,
      setupClient: client => client.setRequests(requestsOf(scripts[connection++] ?? [], fail)),
    } as autocannon.Options,
    run => {
      stop = () => (run as autocannon.Instance & { stop(): void }).stop()
      countWalks(run, scripts[0]?.length ?? 0, arrive)
    },
  ).finally(() => clearTimeout(clock))
  if (failure !== undefined) throw new Error(failure)
  if (result.errors + result.timeouts > 0) {
    throw new Error(`${origin}: ${result.errors} connections failed, ${result.timeouts} requests timed out.`)
  }
  return summariseLoad(walks, elapsed)
}

/** Tells of each connection's every `length`th answer, with the time of all answers since the one before. */
function countWalks(run: autocannon.Instance, length: number, arrive: (ms: number) => void): void {
  const under = new Map<unknown, { steps: number; ms: number }>()
  run.on('response', (client, _status, _bytes, ms) => {
    const walk = under.get(client) ?? { steps: 0, ms: 0 }
    walk.steps++
    walk.ms += ms
    if (walk.steps === length) {
      arrive(walk.ms)
      walk.steps = 0
      walk.ms = 0
    }
    under.set(client, walk)
  })
}

function requestsOf(script: readonly Step[], fail: (what: string) => void): autocannon.Request[] {
  return script.map(({ method, path, headers, body: sent, check }) => ({
    method,
    path,
    headers: { ...headers },
    ...(typeof sent === 'string' && { body: sent }),
    ...(typeof sent === 'function' && {
      setupRequest: (request: autocannon.Request, kept: object) => ({ ...request, body: sent(kept as Kept) }),
    }),
    onResponse(status: number, body: string, kept: object, received: Record<string, string | string[]>) {
      // Only some steps look at the headers.
      const answer = {
        status,
        body,
        get headers() {
          return lowerCased(received)
        },
      }
      try {
        check(answer, kept as Kept)
      } catch (error) {
        fail(`${method} ${path} answered ${status}, but ${(error as Error).message}: ${body}`)
      }
    },
  })) as autocannon.Request[]
}
