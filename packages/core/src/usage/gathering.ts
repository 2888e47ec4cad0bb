import type { MeteredPlace } from '../context/context.ts'
import type { EventWaiter, MeteredRequest } from '../model/usage.ts'
import type { Workspace } from '../model/workspace.ts'

/** Events that will be written together, with whoever waits for them. Three lists side by side cost less than an object for each. */
export class Gathering {
  readonly events: MeteredRequest[] = []
  readonly #places: MeteredPlace[] = []
  #waiters: EventWaiter[] = []
  readonly workspaces = new Map<string, Workspace>()
  #lastWorkspace: Workspace | undefined

  add(event: MeteredRequest, place: MeteredPlace, waiter: EventWaiter | undefined): void {
    this.events.push(event)
    this.#places.push(place)
    if (waiter !== undefined) this.#waiters.push(waiter)
    const { workspace } = place
    if (workspace === this.#lastWorkspace) return
    this.#lastWorkspace = workspace
    this.workspaces.set(workspace.id, workspace)
  }

  /**
   * Leaves the first `count` events here, and gives away the others. Where not all of them are waited for, none is given
   * away: who waits for which is not kept.
   */
  giveAwayAfter(count: number): Gathering {
    const rest = new Gathering()
    if (count >= this.events.length || this.#waiters.length < this.events.length) return rest
    const places = this.#places.splice(count)
    const waiters = this.#waiters.splice(count)
    for (const [index, event] of this.events.splice(count).entries())
      rest.add(event, places[index] as MeteredPlace, waiters[index])
    return rest
  }

  /** Tells whoever waits that there is nothing to wait for: the events are written, or will be. */
  release(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) waiter.committed()
  }

  /** Tells whoever waits that it was in vain. */
  fail(error: unknown): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) waiter.failed(error)
  }

  /** The requests are under way no longer: the ledger has them, or they are given up. */
  end(): void {
    for (const { place } of this.#places) place.month?.end(place.priceNanoEuro)
  }
}
