/** How often we look whether whoever started us is still there. */
const LOOK_MS = 500

/**
 * A signal that is aborted when it is time to stop: Ctrl-C, SIGTERM, a terminal that closes, or a parent that is gone.
 *
 * Once is enough. A Ctrl-C reaches this process twice anyway, from the terminal, which tells the whole process group, and
 * from the program that wraps it, which passes it on; so a second one says nothing about impatience and is not obeyed.
 */
export function stopSignal(): AbortSignal {
  const controller = new AbortController()
  const stop = () => controller.abort()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, stop)
  const parent = process.ppid
  setInterval(() => process.ppid !== parent && stop(), LOOK_MS).unref()
  return controller.signal
}
