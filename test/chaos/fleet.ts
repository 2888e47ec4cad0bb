import { type Child, startChild } from '../bench/child.ts'
import type { Away, End } from './losses.ts'
import { type CuttingProxy, type ProxyOptions, startProxy } from './proxy.ts'

/** A place for a server process, and for its successors. */
export interface Place {
  /** Where the process listens; `undefined` while there is none. */
  readonly url: string | undefined
  readonly proxy: CuttingProxy
  /** Sends a signal, waits for the end and starts a successor. @returns how it ended, in words */
  replace(signal: 'SIGKILL' | 'SIGTERM'): Promise<string>
  /** What its process says of the times in which it knew its storage to be away. */
  outages(): Promise<Outages>
}

/** What a process noticed of its storage being away. */
export interface Outages {
  readonly away: readonly Away[]
  /** How many requests it admitted without metering them, as its log has it. */
  readonly unmetered: number
}

export interface Fleet {
  readonly places: readonly Place[]
  /** Ends every process in order, as SIGTERM does. @returns how each ended, in words */
  retire(): Promise<string[]>
  /** Ends whatever still runs, at once, and the proxies. */
  stop(): Promise<void>
}

export interface FleetOptions extends Omit<ProxyOptions, 'stream' | 'onCut'> {
  readonly processes: number
  readonly whenUnavailable: 'refuse' | 'queue' | 'admit'
  readonly commit: 'before-response' | 'after-response'
  /** Where the database is, to be reached through a proxy. */
  readonly databaseUrl: string
  /** Told of each connection that is cut, with the number of the place. */
  readonly onCut: (place: number) => void
  /** Told of each signal that ends a process, when it is sent. */
  readonly onEnd: (end: End) => void
  /** Told what a process writes on standard error, and of one that ends by itself. */
  readonly onStderr: (text: string) => void
}

/** Each place has so many streams of chance, one for each connection. */
const STREAMS = 100_000

/** Starts the server processes, Express and Koa by turns, each behind a proxy of its own. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const places: ManagedPlace[] = []
  const fleet: Fleet = {
    places,
    retire: () => Promise.all(places.map(place => place.end('SIGTERM'))),
    async stop() {
      await Promise.all(places.map(place => place.stop()))
    },
  }
  try {
    for (let number = 0; number < options.processes; number++) {
      const proxy = await startProxy({
        ...options,
        stream: number * STREAMS,
        onCut: () => options.onCut(number),
      })
      places.push(managePlace(options, number, proxy))
    }
    await Promise.all(places.map(place => place.start()))
    return fleet
  } catch (error) {
    await fleet.stop()
    throw error
  }
}

interface ManagedPlace extends Place {
  start(): Promise<void>
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<string>
  stop(): Promise<void>
}

function managePlace(options: FleetOptions, number: number, proxy: CuttingProxy): ManagedPlace {
  const throughProxy = new URL(options.databaseUrl)
  throughProxy.port = String(proxy.port)
  let child: Child | undefined
  let url: string | undefined
  let stopped = false
  let last: Promise<unknown> = Promise.resolve()

  /** One thing after the other, so that there is never more than one process. */
  function inTurn<T>(step: () => Promise<T>): Promise<T> {
    const turn = last.then(step)
    last = turn.catch(() => {})
    return turn
  }

  async function start(): Promise<void> {
    if (stopped) return
    child = await startChild(new URL('server.ts', import.meta.url), {
      args: [number % 2 === 0 ? 'express' : 'koa', options.whenUnavailable, options.commit],
      env: { NODE_ENV: 'production', DATABASE_URL: throughProxy.href },
      onStderr: options.onStderr,
    })
    const started = child
    url = `http://127.0.0.1:${await started.ask<number>('port')}`
    void started.ended.then(words => {
      if (child === started) options.onStderr(`Process ${number} ${words}, and nobody had asked it to.\n`)
    })
  }

  async function end(signal: 'SIGKILL' | 'SIGTERM'): Promise<string> {
    url = undefined
    const ending = child
    child = undefined
    if (ending) options.onEnd({ place: number, at: Date.now(), signal })
    return (await ending?.kill(signal)) ?? 'was not there'
  }

  return {
    proxy,
    get url() {
      return url
    },
    async outages() {
      if (child === undefined) throw new Error(`There is no process ${number} to be asked.`)
      return child.ask<Outages>('outages')
    },
    start: () => inTurn(start),
    end: signal => inTurn(() => end(signal)),
    replace: signal =>
      inTurn(async () => {
        const ended = await end(signal)
        await start()
        return ended
      }),
    async stop() {
      stopped = true
      await inTurn(() => end('SIGKILL'))
      await proxy.close()
    },
  }
}
