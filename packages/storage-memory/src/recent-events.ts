import type { UsageEvent } from '@xwms/core'
import { Recent } from './recent.ts'

const HOUR_MS = 3_600_000

/** The newest usage events, and from when on none of them is missing. */
export class RecentEvents extends Recent<UsageEvent> {
  #completeSince = 0

  /** The beginning of the first hour (UTC) after that of every event that ever went. */
  get completeSince(): Date {
    return new Date(this.#completeSince)
  }

  protected override gone({ at }: UsageEvent): void {
    this.#completeSince = Math.max(this.#completeSince, (Math.floor(at.getTime() / HOUR_MS) + 1) * HOUR_MS)
  }
}
