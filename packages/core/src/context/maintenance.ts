import type { Context } from './context.ts'

/** Up to so much of the time between two runs is added or taken away, so that processes which start together spread out. */
const JITTER = 0.25

/** Runs the storage's maintenance now and then, for as long as the process lives. */
export interface MaintenanceTimer {
  /** Begins with a run at once, so that what the time to come needs is there early. */
  start(): void
  /** Ends a run that is under way after its present step. */
  close(): Promise<void>
}

export function createMaintenanceTimer({
  config,
  storage,
  logger,
  now,
}: Pick<Context, 'config' | 'storage' | 'logger' | 'now'>): MaintenanceTimer {
  const { everySeconds, ...retention } = config.retention
  const end = new AbortController()
  let running: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let failing = false

  async function run(): Promise<void> {
    try {
      const report = await storage.maintenance.run(now(), retention, end.signal)
      if (report !== undefined) logger.debug(report, 'The storage was maintained.')
      failing = false
    } catch (error) {
      // Once for each time that it begins to fail, not every minute until it is mended.
      if (!failing) logger.error({ error }, 'The storage could not be maintained; trying again.')
      failing = true
    }
  }

  function start(): void {
    if (everySeconds === 0 || end.signal.aborted) return
    running = run().then(() => {
      if (end.signal.aborted) return
      timer = setTimeout(start, everySeconds * 1000 * (1 + JITTER * (2 * Math.random() - 1)))
      timer.unref()
    })
  }

  return {
    start,
    async close() {
      end.abort()
      clearTimeout(timer)
      await running
    },
  }
}
