import type { MeteredAdmission } from '../context/context.ts'
import type { EventWaiter, MeteredRequest } from '../model/usage.ts'
import type { Workspace } from '../model/workspace.ts'

/** What is known of a batch of which the storage would not take something. */
export interface Suspicion {
  /** How many events have failed by themselves. */
  refused: number
}

/** Events that will be written together, with whoever waits for them. Three lists side by side cost less than an object for each. */
export class Gathering {
  readonly events: MeteredRequest[] = []
  readonly #admissions: MeteredAdmission[] = []
  /** For each event, who still waits for it. */
  readonly #waiters: (EventWaiter | undefined)[] = []
  readonly workspaces = new Map<string, Workspace>()
  #lastWorkspace: Workspace | undefined
  /** Shared by the parts of a batch that the storage did not take. */
  suspicion: Suspicion | undefined

  add(event: MeteredRequest, admission: MeteredAdmission, waiter: EventWaiter | undefined): void {
    this.events.push(event)
    this.#admissions.push(admission)
    this.#waiters.push(waiter)
    const { workspace } = admission
    if (workspace === this.#lastWorkspace) return
    this.#lastWorkspace = workspace
    this.workspaces.set(workspace.id, workspace)
  }

  /** Leaves the first `count` events here, and gives away the others. */
  giveAwayAfter(count: number): Gathering {
    const rest = new Gathering()
    rest.suspicion = this.suspicion
    const admissions = this.#admissions.splice(count)
    const waiters = this.#waiters.splice(count)
    for (const [index, event] of this.events.splice(count).entries())
      rest.add(event, admissions[index] as MeteredAdmission, waiters[index])
    return rest
  }

  /** Its two halves, each to be written by itself: something in it is what the storage does not take. */
  halves(): readonly Gathering[] {
    this.suspicion ??= { refused: 0 }
    return [this, this.giveAwayAfter(Math.ceil(this.events.length / 2))]
  }

  /** Tells whoever waits that there is nothing to wait for: the events are written, or will be. */
  release(): void {
    for (const [index, waiter] of this.#waiters.entries()) {
      this.#waiters[index] = undefined
      waiter?.committed()
    }
  }

  /** Tells whoever waits that it was in vain. */
  fail(error: unknown): void {
    for (const [index, waiter] of this.#waiters.entries()) {
      this.#waiters[index] = undefined
      waiter?.failed(error)
    }
  }

  /** The requests are under way no longer: the ledger has them, or they are given up. */
  end(): void {
    for (const { place } of this.#admissions) place.month?.end(place.priceNanoEuro, place.turn)
    // Whatever is found here when it is dead and old keeps whole requests from the young generation's collector.
    this.#admissions.length = 0
  }
}
