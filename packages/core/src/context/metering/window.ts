import type { RateLimit } from '../../model/plan.ts'
import type { WindowUse } from '../../model/usage.ts'
import { News } from './news.ts'
import { type Slots, slotAt, slotsOf } from './slots.ts'

/**
 * Whether a request finds room under a limit.
 * - `unwritten`: the process has as many admissions that the storage does not know of as it may have; one commit later there
 *   is an answer.
 * - `unknown`: what other processes have used is not known, or may have left the window since; the storage has to be asked.
 */
export type Room = 'room' | 'full' | 'unwritten' | 'unknown'

/** How many admissions a process may have that the storage does not know of: a twentieth of the limit, and at least one. */
export function unwrittenBound({ requests }: RateLimit): number {
  return Math.max(1, Math.floor(requests / 20))
}

/**
 * One key's use of one limit, as this process knows it: its own admissions by slot, and what all others had used when the
 * storage was last asked. Synchronous, and a few additions for each request.
 *
 * With N processes at most (N − 1) × {@link unwrittenBound} requests too many are admitted. Take the process that was told the
 * highest total: with it, it stays within the limit. What its total lacks are the admissions of the others that they had not
 * written when they last admitted, and those are bounded. One process is exact.
 */
export class Window extends News {
  /** The key in the storage. */
  readonly key: string
  /** What callers read in header fields. */
  readonly name: string
  readonly slots: Slots
  /** Admissions that no commit has answered for yet. */
  unwritten = 0
  #limit: RateLimit
  #unwrittenBound: number
  /** The newest slot that was seen. */
  #slot = 0
  /** The end of that slot, so that most requests only compare. */
  #slotEnds = 0
  /** Own admissions by slot, in a ring. */
  readonly #own: number[]
  #ownTotal = 0
  /** Admissions of others, as last told; and in which slot that was. */
  #others = 0
  #othersOf = 0
  #isKnown = false
  /** Own admissions that are in no batch yet, by slot. The newest is last. */
  #pending: { slot: number; used: number }[] = []
  /** What went out: how many, and what the answer is to be compared with. */
  #sent = { used: 0, own: 0, slot: 0 }

  constructor(key: string, name: string, limit: RateLimit) {
    super()
    this.key = key
    this.name = name
    this.slots = slotsOf(limit)
    this.#limit = limit
    this.#unwrittenBound = unwrittenBound(limit)
    this.#own = new Array<number>(this.slots.count).fill(0)
  }

  get limit(): RateLimit {
    return this.#limit
  }

  /** Another limit over the same slots, as after a change of the plan. */
  set limit(limit: RateLimit) {
    this.#limit = limit
    this.#unwrittenBound = unwrittenBound(limit)
  }

  /** @param now in milliseconds */
  room(now: number): Room {
    if (now >= this.#slotEnds) this.#moveTo(now)
    const { requests } = this.#limit
    if (this.#ownTotal + this.#others >= requests) {
      return this.#ownTotal < requests && this.#othersOf < this.#slot ? 'unknown' : 'full'
    }
    if (!this.#isKnown) return 'unknown'
    return this.unwritten >= this.#unwrittenBound ? 'unwritten' : 'room'
  }

  /** Whether there is room, as far as this process can tell: for when the storage cannot be asked. */
  hasOwnRoom(now: number): boolean {
    if (now >= this.#slotEnds) this.#moveTo(now)
    return this.#ownTotal + this.#others < this.#limit.requests
  }

  /**
   * Counts a request, in the same turn in which {@link Window.room} was asked.
   * @returns whether it is the first that waits to be written
   */
  take(): boolean {
    const position = this.#slot % this.slots.count
    this.#own[position] = (this.#own[position] as number) + 1
    this.#ownTotal++
    this.unwritten++
    const last = this.#pending.at(-1)
    if (last?.slot === this.#slot) last.used++
    else this.#pending.push({ slot: this.#slot, used: 1 })
    return last === undefined
  }

  /** Whether so many admissions are unwritten that the next batch should not wait for an event. */
  get isUrgent(): boolean {
    return this.unwritten * 2 >= this.#unwrittenBound
  }

  /** How many more requests there is room for. */
  get remaining(): number {
    return Math.max(0, this.#limit.requests - this.#ownTotal - this.#others)
  }

  /** Milliseconds from `now` until a request may find room again, as far as this process can tell. */
  waitMs(now: number): number {
    const { lengthMs, count } = this.slots
    let used = this.#ownTotal + this.#others
    for (let slot = this.#slot - count + 1; slot <= this.#slot; slot++) {
      used -= this.#own[((slot % count) + count) % count] as number
      if (used < this.#limit.requests) return (slot + count) * lengthMs - now
    }
    // Others fill it; when theirs leave is known at the next slot.
    return (this.#slot + 1) * lengthMs - now
  }

  /** Milliseconds from `now` until the slot of the present begins to leave: all of it for a fixed window. */
  resetMs(now: number): number {
    return (this.#slot + this.slots.count) * this.slots.lengthMs - now
  }

  /** What has to be written. Until {@link Window.learn} nothing more goes out. */
  send(now: number): WindowUse[] {
    if (now >= this.#slotEnds) this.#moveTo(now)
    const pending = this.#pending
    this.#pending = []
    this.#sent = { used: 0, own: this.#ownTotal, slot: this.#slot }
    const since = this.#since()
    return pending.map(({ slot, used }) => {
      this.#sent.used += used
      return {
        key: this.key,
        start: new Date(slot * this.slots.lengthMs),
        end: new Date((slot + this.slots.count) * this.slots.lengthMs),
        since,
        used,
      }
    })
  }

  /** What has to be asked, where nothing went out. Until {@link Window.learn} nothing goes out either. */
  ask(now: number): Pick<WindowUse, 'key' | 'since'> {
    if (now >= this.#slotEnds) this.#moveTo(now)
    this.#sent = { used: 0, own: Math.max(0, this.#ownTotal - this.unwritten), slot: this.#slot }
    return { key: this.key, since: this.#since() }
  }

  /** What the storage answered: the use by all processes, as of {@link Window.send} or {@link Window.ask}. */
  learn(total: number): void {
    const { used, own, slot } = this.#sent
    this.unwritten -= used
    this.#sent = { used: 0, own: 0, slot }
    this.#isKnown = true
    // A window that has passed since says nothing about this one.
    if (this.#slot - slot < this.slots.count) {
      this.#others = Math.max(0, total - own)
      this.#othersOf = slot
    }
    this.release()
  }

  /** What went out was not written, and will not be. It counts in this process all the same. */
  abandon(): void {
    this.unwritten -= this.#sent.used
    this.#sent = { ...this.#sent, used: 0 }
    this.release()
  }

  /** Whether nothing is lost when this is forgotten, but for what the storage knows. */
  get isIdle(): boolean {
    return this.unwritten === 0 && !this.isAwaited
  }

  #since(): Date {
    return new Date((this.#slot - this.slots.count + 1) * this.slots.lengthMs)
  }

  #moveTo(now: number): void {
    const { lengthMs, count } = this.slots
    const slot = slotAt(this.slots, now)
    const passed = Math.min(slot - this.#slot, count)
    for (let step = 1; step <= passed; step++) {
      const position = (this.#slot + step) % count
      this.#ownTotal -= this.#own[position] as number
      this.#own[position] = 0
    }
    this.#slot = slot
    this.#slotEnds = (slot + 1) * lengthMs
    if (passed === count) {
      this.#others = 0
      this.#othersOf = slot
    }
  }
}
