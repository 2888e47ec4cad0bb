import { v7 as uuidv7 } from 'uuid'
import type { Logger } from '../config/options.ts'
import type { Meter } from '../context/context.ts'
import { StorageUnavailableError } from '../errors.ts'
import type { MeteredRequest, RequestLogEntry, UsageBatch } from '../model/usage.ts'
import type { Storage } from '../storage/storage.ts'

/** Events written at once; more wait for the next commit. */
const MAX_BATCH = 1000
/** Waits between attempts to write a batch. Writing a batch again changes nothing, so an unknown outcome is retried too. */
const RETRY_DELAYS_MS = [50, 250, 1000]
/** Log entries and secret uses are written this often; refusals beyond the bound are counted, not kept. */
const NOTE_INTERVAL_MS = 500
const MAX_NOTES = 5000

interface Waiting {
  readonly event: MeteredRequest
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Writes usage events in groups: while one commit is under way, the events of other requests gather for the next, so the
 * cost of a commit is shared (design.md, "The meter is a ledger").
 */
export function createMeter(storage: Storage, logger: Logger): Meter & { close(): Promise<void> } {
  const waiting: Waiting[] = []
  let committing: Promise<void> | undefined
  let notes: RequestLogEntry[] = []
  let dropped = 0
  let noting: Promise<void> = Promise.resolve()
  const used = new Map<string, Date>()

  async function commit(): Promise<void> {
    // One turn of the event loop, in which the requests that arrived together can join.
    await new Promise(resolve => setImmediate(resolve))
    while (waiting.length > 0) {
      const batch = waiting.splice(0, MAX_BATCH)
      try {
        await appendWithRetries({ id: uuidv7(), events: batch.map(({ event }) => event), windows: [] })
        for (const { resolve } of batch) resolve()
      } catch (error) {
        logger.error({ error, events: batch.length }, 'Usage events could not be written.')
        const unavailable = new StorageUnavailableError(
          'The usage of this request could not be recorded. Try again.',
          {
            cause: error,
          },
        )
        for (const { reject } of batch) reject(unavailable)
      }
    }
    committing = undefined
  }

  async function appendWithRetries(batch: UsageBatch): Promise<void> {
    for (const delay of RETRY_DELAYS_MS) {
      try {
        await storage.usage.append(batch)
        return
      } catch (error) {
        logger.warn({ error, events: batch.events.length }, 'Writing usage events failed; trying again.')
        await new Promise(resolve => setTimeout(resolve, delay))
      }
    }
    await storage.usage.append(batch)
  }

  function writeNotes(): Promise<void> {
    const entries = notes
    const touched = [...used].map(([secretId, at]) => ({ secretId, at }))
    notes = []
    used.clear()
    if (dropped > 0) {
      logger.warn({ dropped }, 'More refusals than the request log takes; the rest was not kept.')
      dropped = 0
    }
    noting = noting.then(async () => {
      try {
        if (entries.length > 0) await storage.requestLog.append(entries)
        if (touched.length > 0) await storage.clients.touchSecrets(touched)
      } catch (error) {
        logger.error({ error, entries: entries.length }, 'The request log could not be written.')
      }
    })
    return noting
  }

  const timer = setInterval(() => {
    if (notes.length > 0 || used.size > 0) void writeNotes()
  }, NOTE_INTERVAL_MS)
  timer.unref()

  async function flush(): Promise<void> {
    // A request that ends when a commit does may begin the next one.
    while (committing !== undefined) await committing
    await writeNotes()
  }

  return {
    record(event) {
      return new Promise((resolve, reject) => {
        waiting.push({ event, resolve, reject })
        committing ??= commit()
      })
    },
    note(entry) {
      if (notes.length < MAX_NOTES) notes.push(entry)
      else dropped++
    },
    touch(secretId, at) {
      used.set(secretId, at)
    },
    flush,
    async close() {
      clearInterval(timer)
      await flush()
    },
  }
}
