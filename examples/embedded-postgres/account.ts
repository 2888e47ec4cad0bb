import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { EmbeddedPostgresError } from './error.ts'

const run = promisify(execFile)

/** The account that PostgreSQL runs under; both ids are absent where that is simply the one we have. */
export interface Account {
  readonly uid: number | undefined
  readonly gid: number | undefined
}

/**
 * PostgreSQL refuses to run as root. In a container, where root may be all there is, it runs as `nobody`, which every
 * system has, so that none has to be added.
 */
export async function postgresAccount(): Promise<Account> {
  if (process.getuid?.() !== 0) return { uid: undefined, gid: undefined }
  try {
    const [uid, gid] = await Promise.all(
      ['-u', '-g'].map(async option => Number((await run('id', [option, 'nobody'])).stdout)),
    )
    return { uid, gid }
  } catch (cause) {
    throw new EmbeddedPostgresError('it refuses to run as root, and there is no user "nobody"', { cause })
  }
}

/** Whether an account may enter a directory, which takes the right to enter everything above it. */
export async function mayEnter({ uid, gid }: Account, directory: string): Promise<boolean> {
  if (uid === undefined) return true
  return run('test', ['-x', directory], { uid, gid, cwd: '/' }).then(
    () => true,
    () => false,
  )
}
