import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { migrate } from '@xwms/storage-kysely'
import pg from 'pg'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../examples/embedded-postgres/server.ts'
import type { Stop } from './plan.ts'

/** A PostgreSQL server of our own that can be stopped and started again, with every commit waiting for the disk. */
export interface Postgres {
  /** Where it is now, or was when it was last there: the port is another one after each start. */
  url(): string
  port(): number
  /** Since when it has been away; `undefined` while it is there. */
  awaySince(): number | undefined
  /** Stops it, and starts it again after a while. */
  restart(stop: Stop, awayMs: number): Promise<void>
  /** Does something on a connection of its own, straight to the server. @throws {Error} while it is away */
  use<T>(work: (client: pg.Client) => Promise<T>): Promise<T>
  /** Stops it for good and removes its files. */
  remove(): Promise<void>
}

/** Starts a server with every table and no row. */
export async function startPostgres(): Promise<Postgres> {
  const directory = await mkdtemp(join(tmpdir(), 'xwms-chaos-'))
  const clear = () => rm(directory, { recursive: true, force: true, maxRetries: 10 })
  let server: EmbeddedPostgres
  try {
    // Where this runs as root, PostgreSQL runs as somebody else, who has to come through.
    await chmod(directory, 0o711)
    server = await start(directory)
    await migrate(server.url)
  } catch (error) {
    await clear()
    throw error
  }
  let removed = false
  let awaySince: number | undefined
  let restarting: Promise<void> = Promise.resolve()

  async function restart(stop: Stop, awayMs: number): Promise<void> {
    if (stop === 'crash') await crash(directory)
    else await server.stop()
    await server.ended
    awaySince = Date.now()
    await sleep(awayMs)
    if (removed) return
    server = await start(directory)
    awaySince = undefined
  }

  return {
    url: () => server.url,
    port: () => Number(new URL(server.url).port),
    awaySince: () => awaySince,
    restart(stop, awayMs) {
      restarting = restarting.then(() => restart(stop, awayMs))
      return restarting
    },
    async use(work) {
      const client = new pg.Client({ connectionString: server.url, application_name: 'chaos' })
      client.on('error', () => {})
      try {
        await client.connect()
        return await work(client)
      } finally {
        await client.end()
      }
    },
    async remove() {
      removed = true
      await restarting.catch(() => {})
      await server.stop()
      await clear()
    },
  }
}

function start(directory: string): Promise<EmbeddedPostgres> {
  // As in test/support/postgres-server.ts: a name that lacks its schema must not be found by luck.
  return startEmbeddedPostgres({ directory, settings: { search_path: 'public' } })
}

/** Ends the server as a crash would: without a checkpoint, so that the next start has to recover from the log. */
async function crash(directory: string): Promise<void> {
  const lock = await readFile(join(directory, 'postgres', 'data', 'postmaster.pid'), 'utf8')
  const pid = Number(lock.split('\n')[0])
  if (!Number.isInteger(pid) || pid < 2) throw new Error('The server that is to crash has no process id.')
  process.kill(pid, 'SIGQUIT')
}
