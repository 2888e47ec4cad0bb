import type { Migration } from './migration.ts'

/** A client's own rate limit, in place of its plan's; and what an owner allows a workspace to spend in a month. */
export const clientLimits: Migration = {
  name: '0008-client-limits',
  sql: schema => `
alter table ${schema}.clients add column rate_limit json;
alter table ${schema}.workspaces
  add column monthly_spend_cap_nano_euro bigint check (monthly_spend_cap_nano_euro >= 0);
`,
}
