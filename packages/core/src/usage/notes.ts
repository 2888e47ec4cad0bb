import type { Logger } from '../config/options.ts'
import type { UnprovenEntry } from '../context/context.ts'
import type { Outage } from '../context/metering/outage.ts'
import { StorageUnavailableError } from '../errors.ts'
import type { RequestLogEntry } from '../model/usage.ts'
import type { Storage } from '../storage/storage.ts'
import { Unproven } from './unproven.ts'

/** Notes are written this often; refusals beyond the bound are counted, not kept. */
const NOTE_INTERVAL_MS = 500
const MAX_NOTES = 5000

/** What is written in the background, because nobody waits for it: refusals, and the use of secrets. */
export interface Notes {
  note(entry: RequestLogEntry): void
  noteUnproven(entry: UnprovenEntry): void
  touch(secretId: string, at: Date): void
  flush(): Promise<void>
  close(): Promise<void>
}

export function createNotes(storage: Storage, logger: Logger, outage: Pick<Outage, 'tell'>): Notes {
  let entries: RequestLogEntry[] = []
  let dropped = 0
  let writing: Promise<void> = Promise.resolve()
  const used = new Map<string, Date>()
  const unproven = new Unproven(storage)

  async function writeLog(given: readonly RequestLogEntry[]): Promise<void> {
    let entries = given
    try {
      entries = [...given, ...(await unproven.take())]
      if (entries.length > 0) await storage.requestLog.append(entries)
      if (dropped === 0) return
      logger.warn({ dropped }, 'The request log could not take all refusals; the rest was not kept.')
      dropped = 0
    } catch (error) {
      if (error instanceof StorageUnavailableError) {
        outage.tell(error)
        dropped += entries.length
        return
      }
      logger.error({ error, entries: entries.length }, 'The request log could not be written.')
    }
  }

  async function writeUses(touched: ReadonlyMap<string, Date>): Promise<void> {
    if (touched.size === 0) return
    try {
      await storage.clients.touchSecrets([...touched].map(([secretId, at]) => ({ secretId, at })))
    } catch (error) {
      if (error instanceof StorageUnavailableError) return outage.tell(error)
      logger.error({ error, secrets: touched.size }, 'The last use of secrets could not be written.')
    }
  }

  function flush(): Promise<void> {
    const [given, touched] = [entries, new Map(used)]
    entries = []
    used.clear()
    writing = writing.then(() => writeLog(given)).then(() => writeUses(touched))
    return writing
  }

  const timer = setInterval(() => {
    if (entries.length > 0 || used.size > 0 || !unproven.isEmpty) void flush()
  }, NOTE_INTERVAL_MS)
  timer.unref()

  return {
    note(entry) {
      if (entries.length < MAX_NOTES) entries.push(entry)
      else dropped++
    },
    noteUnproven: entry => unproven.add(entry),
    touch(secretId, at) {
      used.set(secretId, at)
    },
    flush,
    close() {
      clearInterval(timer)
      return flush()
    },
  }
}
