import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from '../../examples/embedded-postgres/server.ts'

/** A PostgreSQL server that somebody started and has to stop. */
export interface PostgresServer {
  /** Where its `postgres` database is, with the password. */
  readonly url: string
  /** Stops the server and removes its files; a second call waits for the first. */
  stop(): Promise<void>
}

/** For a test run: what is in it need not survive a power cut. */
const FOR_TESTS: Omit<EmbeddedPostgresOptions, 'directory'> = {
  durable: false,
  settings: {
    // Every test file has a database, and a pool, of its own.
    max_connections: '300',
    // Without the user's own schema, which is called as ours is and would hide a name that lacks its schema.
    search_path: 'public',
  },
}

/**
 * Starts a real PostgreSQL, on a free port, with its data in a temporary directory.
 * @throws {EmbeddedPostgresError} with one line that says what stands in the way
 */
export async function startPostgresServer(options = FOR_TESTS): Promise<PostgresServer> {
  const directory = await mkdtemp(join(tmpdir(), 'xwms-postgres-'))
  const remove = () => rm(directory, { recursive: true, force: true })
  try {
    // Where this runs as root, PostgreSQL runs as somebody else, who has to come through.
    await chmod(directory, 0o711)
    const server = await startEmbeddedPostgres({ ...options, directory })
    let stopped: Promise<void> | undefined
    return {
      url: server.url,
      stop() {
        stopped ??= server.stop().then(remove)
        return stopped
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}
