import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

/** A directory for the data of a start, which is not there yet, and is gone when the test is over. */
export async function dataDirectory(t: Test): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'xwms-start-'))
  // Where this runs as root, PostgreSQL runs as somebody else, who has to come through.
  await chmod(parent, 0o711)
  t.teardown(() => rm(parent, { recursive: true, force: true, maxRetries: 10 }))
  return join(parent, 'data')
}
