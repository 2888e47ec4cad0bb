import { monthOf } from '../../lib/month.ts'
import type { BatchTotals, MonthTotal, WindowUse } from '../../model/usage.ts'
import { Kept } from './kept.ts'
import { MonthUse } from './month-use.ts'
import { Window } from './window.ts'
import { Windows } from './windows.ts'

/** What goes to the storage in one batch; for each use the window that it is of. */
export interface Sent {
  readonly uses: readonly WindowUse[]
  readonly windows: readonly Window[]
}

/** What the storage is asked; for each question what it is about. */
export interface Asked {
  readonly windows: readonly Window[]
  readonly months: readonly MonthUse[]
  readonly questions: readonly Pick<WindowUse, 'key' | 'since'>[]
}

/**
 * All that this process knows of limits, and what the storage has to be told of them and asked about them. It asks
 * nothing itself: the meter takes from it and gives back.
 */
export class Limiter {
  readonly #kinds = new Map<string, Windows>()
  readonly #months = new Kept<MonthUse>()
  readonly #onWork: (isUrgent: boolean) => void
  #unwritten: Window[] = []
  #isUrgent = false
  #unknown = new Set<Window | MonthUse>()
  /** What somebody waits for news of. */
  readonly #awaited = new Set<Window | MonthUse>()

  /** @param onWork called when there is something for the storage, and when it becomes urgent */
  constructor(onWork: (isUrgent: boolean) => void) {
    this.#onWork = onWork
  }

  /** The windows of a kind and a name; the same for all who say both. */
  windows(kind: string, name: string): Windows {
    const key = `${kind} ${name}`
    const known = this.#kinds.get(key)
    if (known) return known
    const windows = new Windows(kind, name)
    this.#kinds.set(key, windows)
    return windows
  }

  /** The month of a workspace that a time falls into. */
  month(workspaceId: string, now: Date): MonthUse {
    return this.#monthUse(workspaceId, monthOf(now))
  }

  /** Counts a request under windows that have room for it, in the turn in which they were asked. */
  take(windows: readonly Window[]): void {
    for (const window of windows) {
      if (window.take()) {
        this.#unwritten.push(window)
        if (this.#unwritten.length === 1) this.#onWork(false)
      }
      if (window.isUrgent && !this.#isUrgent) {
        this.#isUrgent = true
        this.#onWork(true)
      }
    }
  }

  /**
   * Resolves when there is news of something that neither had room nor had none.
   * @param isUnknown whether the storage has to be asked about it
   */
  news(about: Window | MonthUse, isUnknown: boolean): Promise<void> {
    this.#awaited.add(about)
    if (isUnknown) this.#unknown.add(about)
    this.#onWork(true)
    return about.told()
  }

  get hasQuestions(): boolean {
    return this.#unknown.size > 0
  }

  get hasUses(): boolean {
    return this.#unwritten.length > 0
  }

  /** Whether uses should not wait for an event. */
  get isUrgent(): boolean {
    return this.#isUrgent
  }

  /** Takes what has to be written. */
  send(now: number): Sent {
    const uses: WindowUse[] = []
    const windows: Window[] = []
    for (const window of this.#unwritten) {
      for (const use of window.send(now)) {
        uses.push(use)
        windows.push(window)
      }
    }
    this.#unwritten = []
    this.#isUrgent = false
    return { uses, windows }
  }

  /** Takes what has to be asked. Nothing may be on its way to the storage until it is answered. */
  ask(now: number): Asked {
    const unknown = [...this.#unknown]
    this.#unknown = new Set()
    const windows = unknown.filter(one => one instanceof Window)
    const months = unknown.filter(one => one instanceof MonthUse)
    return { windows, months, questions: windows.map(window => window.ask(now)) }
  }

  /**
   * Takes in an answer.
   * @param windows those that the totals are of, in their order
   * @returns the months that it tells of
   */
  learn(windows: readonly Window[], totals: BatchTotals): readonly MonthUse[] {
    for (const [position, window] of windows.entries()) {
      // A window that used several slots is there once for each; all have the same total.
      if (windows[position + 1] === window) continue
      this.#awaited.delete(window)
      window.learn(totals.windows[position] ?? 0)
    }
    return totals.months.map(total => this.#learnMonth(total))
  }

  /** What was to be written with these windows will not be. */
  abandon(windows: readonly Window[]): void {
    for (const window of new Set(windows)) {
      this.#awaited.delete(window)
      window.abandon()
    }
  }

  /**
   * Lets go of all who wait for news.
   * @param error why there will be none; without it they look for themselves
   */
  release(error?: unknown): void {
    const awaited = [...this.#awaited]
    this.#awaited.clear()
    this.#unknown = new Set()
    for (const one of awaited) one.release(error)
  }

  #learnMonth(total: MonthTotal): MonthUse {
    const use = this.#monthUse(total.workspaceId, total.month)
    this.#awaited.delete(use)
    use.learn(total)
    return use
  }

  /** A workspace may have two at a time: around the turn, and when requests count in the month after one that is closed. */
  #monthUse(workspaceId: string, month: Date): MonthUse {
    const key = `${workspaceId} ${month.getTime()}`
    const known = this.#months.get(key)
    if (known) return known
    const use = new MonthUse(workspaceId, month)
    this.#months.set(key, use)
    return use
  }
}
