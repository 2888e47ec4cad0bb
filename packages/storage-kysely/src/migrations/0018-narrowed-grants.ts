import type { Migration } from './migration.ts'

/** A grant that loses a scope is told of like one that is revoked: what was kept of its tokens holds no more. */
export const narrowedGrants: Migration = {
  name: '0018-narrowed-grants',
  sql: schema => `
create trigger tell_narrowed after update of scopes on ${schema}.grants
  for each row when (old.scopes <> new.scopes and new.revoked_at is null)
  execute function ${schema}.tell('grant', 'id');
`,
}
