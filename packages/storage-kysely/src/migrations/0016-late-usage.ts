import type { Migration } from './migration.ts'

/** Counters of months that were closed when their requests came in: few, and an invoice and whoever asks for usage name them. */
export const lateUsage: Migration = {
  name: '0016-late-usage',
  sql: schema => `
create index usage_counters_late on ${schema}.usage_counters (workspace_id, month) where month > hour;
`,
}
