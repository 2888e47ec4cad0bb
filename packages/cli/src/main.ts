#!/usr/bin/env node
import { enableCompileCache } from 'node:module'

// A reader that has seen enough, such as `head`, closes the pipe; that is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

// Half of what a short command takes is compiling; hence the import that comes after this.
enableCompileCache()
const { run } = await import('./run.ts')
const exitCode = await run(process.argv.slice(2))
// The module of XWMS_CONFIG may hold something open, such as a pool of connections, that would keep us for ever.
await Promise.all([process.stdout, process.stderr].map(flushed))
process.exit(exitCode)

/** Resolves when all that was written is out. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise(resolve => stream.write('', () => resolve()))
}
