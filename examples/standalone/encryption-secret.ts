import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * What signing keys are encrypted with in the database: made at the first start, and kept beside it in a file that nobody but
 * the owner can read. A real installation has it from wherever it has its other secrets.
 * @param directory where it is kept; it is made when it is missing
 */
export async function keptEncryptionSecret(directory: string): Promise<string> {
  const file = join(directory, 'encryption-secret')
  await mkdir(directory, { recursive: true, mode: 0o700 })
  try {
    // Of two starts at once, one makes it.
    await writeFile(file, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return readFile(file, 'utf8')
}
