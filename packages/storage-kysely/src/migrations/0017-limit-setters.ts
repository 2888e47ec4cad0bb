import type { Migration } from './migration.ts'

/** Who gave a client its own rate limit, and when. Of limits that there are it is unknown; the audit may have it. */
export const limitSetters: Migration = {
  name: '0017-limit-setters',
  sql: schema => `
alter table ${schema}.clients add column rate_limit_set_by text, add column rate_limit_set_at timestamptz;
`,
}
