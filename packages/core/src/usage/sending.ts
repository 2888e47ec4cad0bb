import { v7 as uuidv7 } from 'uuid'
import type { Sent } from '../context/metering/limiter.ts'
import { StorageUnavailableError } from '../errors.ts'
import type { BatchTotals, UsageBatch } from '../model/usage.ts'
import type { Storage } from '../storage/storage.ts'
import { Gathering } from './gathering.ts'

/** So often a batch is tried again that fails though the storage is there. */
const REPETITIONS = 2
/** After so many events that failed by themselves a batch is divided no further: single events are not what is wrong. */
const MAX_REFUSED = 16

/** A batch on its way, with whom it concerns. It keeps its id, so that what it holds counts once, whatever became of an attempt. */
export class Sending {
  readonly #sent: Sent
  #gathering: Gathering
  #batch: UsageBatch
  /** Whether an attempt had an outcome that nobody knows. */
  #isUncertain = false
  /** What the batch had of events, while it is tried without them. */
  #doubted: Gathering | undefined

  constructor(gathering: Gathering, sent: Sent) {
    this.#sent = sent
    this.#gathering = gathering
    this.#batch = { id: uuidv7(), events: gathering.events, windows: sent.uses }
  }

  get gathering(): Gathering {
    return this.#gathering
  }

  get windows(): Sent['windows'] {
    return this.#sent.windows
  }

  /** Whether the next attempt is to find out whether the events are what is wrong, without delay. */
  get isInDoubt(): boolean {
    return this.#doubted !== undefined
  }

  /** @throws whatever the storage throws */
  async append(storage: Storage): Promise<BatchTotals> {
    try {
      return await storage.usage.append(this.#batch)
    } catch (error) {
      if (error instanceof StorageUnavailableError) this.#isUncertain = true
      throw error
    }
  }

  /** Takes the events out: they must not be written any more, or not with this batch. */
  takeEvents(): Gathering {
    const taken = this.#gathering
    this.#gathering = new Gathering()
    this.#batch = { ...this.#batch, events: [] }
    return taken
  }

  /** Whether it is to be tried again as it is, after it failed though the storage is there. */
  isRepeated(attempt: number): boolean {
    return attempt < (this.#gathering.suspicion ? 0 : REPETITIONS)
  }

  /**
   * A single event may be what the storage does not take, and all others would be lost with it. So, after the last repetition, the
   * batch is tried without its events; if that is taken, they have to be written in halves.
   * @returns whether there is to be such an attempt
   */
  doubtEvents(attempt: number): boolean {
    if (this.#doubted !== undefined) {
      // The events were not what was wrong.
      this.#gathering = this.#doubted
      this.#doubted = undefined
      return false
    }
    if (this.isRepeated(attempt)) return false
    const { events, suspicion } = this.#gathering
    if (suspicion && events.length === 1) suspicion.refused++
    if (this.#isUncertain || events.length < 2 || (suspicion?.refused ?? 0) >= MAX_REFUSED) return false
    this.#doubted = this.takeEvents()
    return true
  }

  /** The halves of what was doubted, once, each to be written by itself. */
  takeHalves(): readonly Gathering[] {
    const halves = this.#doubted?.halves() ?? []
    this.#doubted = undefined
    return halves
  }
}
