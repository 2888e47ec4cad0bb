import type { MeterOptions } from '../../config/options.ts'
import { StorageUnavailableError } from '../../errors.ts'

/** What is known of the storage being away, and what becomes of requests meanwhile. */
export class Outage {
  readonly #mode: Required<MeterOptions>['whenUnavailable']
  readonly #serveMs: number
  /** Whether as many events wait as may. */
  queueIsFull = false
  /** When it was noticed, in milliseconds. */
  #since: number | undefined

  readonly #onBegin: () => void

  /** @param onBegin called when it is noticed, for somebody to find out when it ends */
  constructor({ whenUnavailable, outageSeconds }: Required<MeterOptions>, onBegin: () => void) {
    this.#mode = whenUnavailable
    this.#serveMs = outageSeconds * 1000
    this.#onBegin = onBegin
  }

  get isOn(): boolean {
    return this.#since !== undefined
  }

  begin(now: number): void {
    if (this.#since !== undefined) return
    this.#since = now
    this.#onBegin()
  }

  /** Takes notice of a failure. @returns whether what is in memory serves instead */
  explains(error: unknown, now: number): boolean {
    if (!(error instanceof StorageUnavailableError)) return false
    this.begin(now)
    return this.serves(now)
  }

  end(): void {
    this.#since = undefined
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
