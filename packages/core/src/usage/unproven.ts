import type { UnprovenEntry } from '../context/context.ts'
import type { RequestLogEntry } from '../model/usage.ts'
import type { Storage } from '../storage/storage.ts'

/** Of one client and minute a process logs so many: enough to see where they come from. */
const MAX_OF_CLIENT = 10
/** Of all clients together, in a minute: whatever is sent, the log grows no faster. */
const MAX_IN_MINUTE = 100
/** So many may wait to be looked up; what client ids are made up fills no more memory than this. */
const MAX_WAITING = 500
const MINUTE_MS = 60_000

/**
 * Requests that stated a client and did not prove to come from it, for the log of its owner. Until {@link Unproven.take} nothing
 * asks whether there is such a client, so that taking one in costs the same either way, and no answer waits for it.
 */
export class Unproven {
  readonly #storage: Pick<Storage, 'clients'>
  #waiting = new Map<string, UnprovenEntry[]>()
  #waitingEntries = 0
  #minute = 0
  #logged = 0
  #loggedOf = new Map<string, number>()

  constructor(storage: Pick<Storage, 'clients'>) {
    this.#storage = storage
  }

  get isEmpty(): boolean {
    return this.#waitingEntries === 0
  }

  /** Takes one in, unless there are as many as may be: of one client, or of all. */
  add(entry: UnprovenEntry): void {
    if (this.#waitingEntries === MAX_WAITING) return
    const ofClient = this.#waiting.get(entry.clientId)
    if (ofClient?.length === MAX_OF_CLIENT) return
    this.#waitingEntries++
    if (ofClient) ofClient.push(entry)
    else this.#waiting.set(entry.clientId, [entry])
  }

  /** What is to be logged of those that wait: of clients that there are, as much as the minute has room for. */
  async take(): Promise<RequestLogEntry[]> {
    if (this.isEmpty) return []
    const waiting = this.#waiting
    this.#waiting = new Map()
    this.#waitingEntries = 0
    const owners = await this.#storage.clients.workspaces([...waiting.keys()])
    const entries: RequestLogEntry[] = []
    for (const [clientId, workspaceId] of owners) {
      for (const entry of waiting.get(clientId) ?? []) {
        if (this.#hasRoom(entry)) entries.push({ ...entry, workspaceId, domainId: undefined })
      }
    }
    return entries
  }

  #hasRoom({ clientId, at }: UnprovenEntry): boolean {
    const minute = Math.floor(at.getTime() / MINUTE_MS)
    if (minute !== this.#minute) {
      this.#minute = minute
      this.#logged = 0
      this.#loggedOf = new Map()
    }
    const ofClient = this.#loggedOf.get(clientId) ?? 0
    if (ofClient === MAX_OF_CLIENT || this.#logged === MAX_IN_MINUTE) return false
    this.#loggedOf.set(clientId, ofClient + 1)
    this.#logged++
    return true
  }
}
