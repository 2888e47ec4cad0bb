import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type Random, randomFor } from '../fuzz/random.ts'

/**
 * What becomes of a message from a server process to PostgreSQL.
 * - `lost`: it never arrives, and the connection breaks.
 * - `answer`: it arrives and is carried out; the connection breaks before the process hears of it.
 * - `between`: it arrives, and the connection breaks at the same moment.
 * - `late`: the connection breaks for the process; the message arrives when the process has long done something else.
 * - `silence`: it arrives, and from then on neither side hears anything of the other, as behind a dead router.
 */
export type Cut = 'lost' | 'answer' | 'between' | 'late' | 'silence'

/** How often each is chosen: seldom what holds its process up until it loses patience. */
const WEIGHTS: Readonly<Record<Cut, number>> = { lost: 8, answer: 14, between: 8, late: 8, silence: 1 }
const CUTS = Object.entries(WEIGHTS).flatMap(([cut, weight]) =>
  Array.from({ length: weight }, () => cut as Cut),
)

/** A process is left alone for so long after a cut, so that something is written in between however fast it is. */
const REST_MS = 500

/** What a message of the meter's carries: the name of the statement that writes a batch. */
const COMMIT = 'usage.append'

/** How long a message of `late` is on its way, at most. */
const LATEST_MS = 2000
/** After how long a connection of `silence` breaks on PostgreSQL's side. The process has to find out by itself. */
const SILENCE_MS = 5000

export interface CuttingProxy {
  readonly port: number
  /** How often each cut met a commit of the meter's, and how often anything else. */
  readonly cuts: { readonly commits: ReadonlyMap<Cut, number>; readonly others: number }
  close(): Promise<void>
}

export interface ProxyOptions {
  /** Where PostgreSQL is at the moment. */
  readonly port: () => number
  readonly seed: number
  /** The first of the streams of chance for its connections, one each. */
  readonly stream: number
  /** The share of messages that are cut: of those that carry a commit, and of the others. */
  readonly shares: () => { readonly commits: number; readonly others: number }
  /** Told of each cut. */
  readonly onCut: () => void
}

/** Stands between one server process and PostgreSQL, on 127.0.0.1, and cuts connections. */
export async function startProxy(options: ProxyOptions): Promise<CuttingProxy> {
  const open = new Set<Socket>()
  const commits = new Map<Cut, number>()
  let others = 0
  let connections = 0
  let restsUntil = 0

  function keep(socket: Socket): Socket {
    open.add(socket)
    socket.setNoDelay(true)
    // Whatever is wrong with one side, the other is told by the end of its connection.
    socket.on('error', () => {})
    return socket.on('close', () => open.delete(socket))
  }

  const listener = createServer({ allowHalfOpen: true }, server => {
    const random = randomFor(options.seed, options.stream + connections++)
    const database = connect({ port: options.port(), host: '127.0.0.1', allowHalfOpen: true })
    for (const socket of [server, database]) keep(socket)
    join(server, database, { choose: data => choose(data, random), delayMs: () => random.below(LATEST_MS) })
  })

  function choose(data: Buffer, random: Random): Cut | undefined {
    if (Date.now() < restsUntil) return undefined
    const isCommit = data.includes(COMMIT)
    const shares = options.shares()
    if (!random.chance(isCommit ? shares.commits : shares.others)) return undefined
    restsUntil = Date.now() + REST_MS
    const cut = random.pick(CUTS)
    if (isCommit) commits.set(cut, (commits.get(cut) ?? 0) + 1)
    else others++
    options.onCut()
    return cut
  }

  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return {
    port: (listener.address() as AddressInfo).port,
    cuts: {
      commits,
      get others() {
        return others
      },
    },
    async close() {
      listener.close()
      for (const socket of open) socket.destroy()
      await once(listener, 'close')
    },
  }
}

interface Fate {
  choose(data: Buffer): Cut | undefined
  delayMs(): number
}

/** Passes everything on in both directions until the dice say otherwise. */
function join(server: Socket, database: Socket, { choose, delayMs }: Fate): void {
  let cut: Cut | undefined

  server.on('data', data => {
    if (cut !== undefined) return
    cut = choose(data)
    switch (cut) {
      case undefined:
        database.write(data)
        break
      case 'lost':
        break_()
        break
      case 'answer':
        database.write(data)
        database.once('data', break_)
        break
      case 'between':
        database.end(data)
        server.resetAndDestroy()
        break
      case 'late':
        server.resetAndDestroy()
        setTimeout(() => database.end(data), delayMs()).unref()
        break
      case 'silence':
        database.write(data)
        setTimeout(() => database.destroy(), SILENCE_MS).unref()
    }
  })
  database.on('data', data => {
    if (cut === undefined) server.write(data)
  })

  function break_(): void {
    server.resetAndDestroy()
    database.destroy()
  }

  // What has ended on one side ends on the other, unless the cut decides about that.
  server.on('end', () => cut === undefined && database.end())
  database.on('end', () => cut !== 'silence' && server.end())
  server.on('close', () => {
    if (cut === undefined || cut === 'silence') database.destroy()
  })
  database.on('close', () => {
    if (cut !== 'silence') server.destroy()
  })
}
