/** How long records stay that requests have no use for any more, in days. */
export interface RetentionDays {
  /** Single usage events. The counters and totals that invoices are made from stay for ever. */
  readonly eventDays: number
  readonly requestLogDays: number
  /** The audit, and the events of workspaces. */
  readonly auditDays: number
}

/** What was done to a table that is kept in a part for each month or day. Each part by its name. */
export interface PartitionMaintenance {
  /** Made ahead of the rows that they are for. */
  readonly made: readonly string[]
  /** Dropped with every row in them. */
  readonly dropped: readonly string[]
  /** Left for the next run, because somebody who reads the table would have made writers wait. */
  readonly postponed: readonly string[]
}

/** What was done to one table, or to what a storage has in its place. */
export interface TableMaintenance {
  readonly table: string
  /** Rows that were removed one by one; those of a part that was dropped are not counted. */
  readonly removed: number
  readonly partitions: PartitionMaintenance | undefined
  readonly durationMs: number
}

export interface MaintenanceReport {
  /** Every table that is maintained, whether or not there was anything to do. */
  readonly tables: readonly TableMaintenance[]
}

/** Keeps tables from growing for ever. */
export interface Maintenance {
  /**
   * Removes what expired long enough before `now` to be of no use, replays included, and records older than their
   * retention, in small steps that no request waits for; prepares what is needed for the time to come. Steps that were
   * done stay done when a later one fails.
   * @param signal ends the run early, after the step that is under way
   * @returns `undefined` when another process is at it
   */
  run(now: Date, retention: RetentionDays, signal?: AbortSignal): Promise<MaintenanceReport | undefined>
}
