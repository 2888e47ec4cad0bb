import type { Migration } from './migration.ts'

/**
 * What the operator gave a client, apart from what its owner chooses within it. Of limits that there are, those that were set on the
 * command line are the operator's; of the others it is not known, and they stay what they are.
 */
export const operatorLimits: Migration = {
  name: '0022-operator-limits',
  sql: schema => `
alter table ${schema}.clients
  add column operator_rate_limit json,
  add column operator_rate_limit_set_by text,
  add column operator_rate_limit_set_at timestamptz;
update ${schema}.clients
  set operator_rate_limit = rate_limit,
    operator_rate_limit_set_by = rate_limit_set_by,
    operator_rate_limit_set_at = rate_limit_set_at
  where rate_limit is not null and rate_limit_set_by = 'cli';
`,
}
