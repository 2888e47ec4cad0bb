import type { Migration } from './migration.ts'

/**
 * Events are looked for when books are compared, and written all the time: their index says which stretches of the table may hold
 * a workspace's, instead of naming each. Vacuum adds the newest stretches; until then they are read as they are.
 */
export const eventsIndex: Migration = {
  name: '0013-events-index',
  sql: schema => `
drop index ${schema}.usage_events_of_workspace;
create index usage_events_of_workspace on ${schema}.usage_events
  using brin (workspace_id text_bloom_ops (n_distinct_per_range = 1000)) with (pages_per_range = 64);
`,
}
