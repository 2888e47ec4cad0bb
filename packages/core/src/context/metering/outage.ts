import type { Logger, MeterOptions } from '../../config/options.ts'
import { KeyUnavailableError, StorageUnavailableError } from '../../errors.ts'

/** What is known of the storage being away, what becomes of requests meanwhile, and what the operator hears of it. */
export class Outage {
  readonly #mode: Required<MeterOptions>['whenUnavailable']
  readonly #serveMs: number
  /** Whether as many events wait as may. */
  queueIsFull = false
  /** When it was noticed, in milliseconds. */
  #since: number | undefined
  /** Whether something failed that may be an outage: it is for the next write to say. */
  #isDoubtful = false
  /** Before that there is nothing to write to. */
  #wasThere = false
  #isTold = false
  #reason: string | undefined

  readonly #logger: Logger
  readonly #onDoubt: () => void

  /** @param onDoubt called when the storage may be away, for somebody to find out, and to find out when it is back */
  constructor(
    { whenUnavailable, outageSeconds }: Required<MeterOptions>,
    logger: Logger,
    onDoubt: () => void,
  ) {
    this.#mode = whenUnavailable
    this.#serveMs = outageSeconds * 1000
    this.#logger = logger
    this.#onDoubt = onDoubt
  }

  get isOn(): boolean {
    return this.#since !== undefined
  }

  /** Whether a write has to say how things stand. */
  get isInQuestion(): boolean {
    return this.#isDoubtful || this.isOn
  }

  begin(now: number): void {
    if (this.#since !== undefined) return
    this.#since = now
    this.#onDoubt()
  }

  /**
   * Takes notice of a failure. It is for the next write to say whether it is an outage: until then it is that of one request.
   * @returns whether what is in memory serves instead
   */
  explains(error: unknown, now: number): boolean {
    if (!(error instanceof StorageUnavailableError)) return false
    this.#doubt()
    return this.#mode !== 'refuse' && (this.#since === undefined || this.serves(now))
  }

  /** A write failed, but not because the storage is away: no outage after all, and nothing to wait for. */
  dismiss(): void {
    this.#isDoubtful = false
    if (!this.isOn) this.#isTold = false
  }

  /** The storage is there, or back. */
  end(facts: object = {}): void {
    const isNews = this.#isTold || this.isOn
    this.#since = undefined
    this.#isDoubtful = false
    this.#wasThere = true
    if (isNews) this.#logger.warn(facts, 'The storage is back.')
    this.#isTold = false
    this.#reason = undefined
  }

  /**
   * Tells the operator why something failed: once for each outage, and of the rest of what it costs at debug level. One failure
   * refuses nobody else: a question that took too long is no outage.
   */
  tell(error: StorageUnavailableError, fields: object = {}): void {
    const isKey = error instanceof KeyUnavailableError
    // An outage is told of even if the same words were said of a failure that was none.
    const isKnown = this.isOn && !isKey ? this.#isTold : error.message === this.#reason
    if (isKnown) {
      const still = isKey ? 'A key still cannot be used.' : 'The storage is still unavailable.'
      this.#logger.debug({ ...fields, reason: error.message }, still)
    } else {
      const what = isKey
        ? 'A key cannot be used, and what needs it is refused.'
        : 'The storage is unavailable.'
      this.#logger.error({ error, ...fields }, what)
      this.#reason = error.message
      if (!isKey) this.#isTold = true
    }
    if (!isKey && this.#wasThere) this.#doubt()
  }

  #doubt(): void {
    if (this.isInQuestion) return
    this.#isDoubtful = true
    this.#onDoubt()
  }

  /** Whether a caller is served by what is in memory. */
  serves(now: number): boolean {
    return this.#since !== undefined && this.#mode !== 'refuse' && now - this.#since <= this.#serveMs
  }

  /** @throws {StorageUnavailableError} where a request has no chance */
  check(now: number): void {
    if (this.queueIsFull) throw new StorageUnavailableError('Too many usage events wait to be written.')
    if (this.#since === undefined || this.serves(now)) return
    throw new StorageUnavailableError('The storage is away, and requests are refused until it is back.')
  }
}
