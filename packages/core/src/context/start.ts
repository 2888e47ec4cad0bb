import type { Logger } from '../config/options.ts'
import { StorageUnavailableError } from '../errors.ts'
import type { Outage } from './metering/outage.ts'

/** Between two attempts in the background: a second, then twice as long each time, at most this. */
const LONGEST_WAIT_MS = 30_000

/** Brings about, once, what has to be there before anything is served. */
export class Start {
  /** Whether all of it is there. */
  isDone = false
  readonly #prepare: () => Promise<void>
  readonly #logger: Logger
  readonly #outage: Pick<Outage, 'tell'>
  #running: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #isClosed = false
  #told: string | undefined

  /** @param prepare may fail, and is called again then */
  constructor(
    { logger, outage }: { readonly logger: Logger; readonly outage: Pick<Outage, 'tell'> },
    prepare: () => Promise<void>,
  ) {
    this.#logger = logger
    this.#outage = outage
    this.#prepare = prepare
  }

  /** Resolves when it is done. Those who ask at once wait for the same attempt, and hear why it failed. */
  now(): Promise<void> {
    this.#running ??= this.#prepare().then(
      () => {
        this.isDone = true
        clearTimeout(this.#timer)
      },
      error => {
        // Whoever asks next tries again: the database may only be late.
        this.#running = undefined
        throw error
      },
    )
    return this.#running
  }

  /** Begins by itself, and tries again until it is done. No timer of it keeps a process alive. */
  inBackground(): void {
    // In the next turn: whoever waits for it has asked by then, and hears of a failure from there.
    setImmediate(() => void this.#attempt(1000))
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  async #attempt(waitMs: number): Promise<void> {
    if (this.isDone || this.#isClosed) return
    const isAwaited = this.#running !== undefined
    try {
      await this.now()
    } catch (error) {
      if (this.#isClosed) return
      if (!isAwaited) this.#tell(error)
      this.#timer = setTimeout(() => void this.#attempt(Math.min(waitMs * 2, LONGEST_WAIT_MS)), waitMs)
      this.#timer.unref()
    }
  }

  #tell(error: unknown): void {
    if (error instanceof StorageUnavailableError) {
      this.#outage.tell(error)
      return
    }
    const reason = error instanceof Error ? error.message : String(error)
    if (reason !== this.#told) this.#logger.error({ error }, 'XWMS could not start; it tries again.')
    this.#told = reason
  }
}
