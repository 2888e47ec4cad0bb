import type { Migration } from './migration.ts'

/** Every process hears of a rotation: a key gets its end when its successor is published, or when it is not to be trusted. */
export const keyNotices: Migration = {
  name: '0011-key-notices',
  sql: schema => `
create trigger tell after update of retired_at on ${schema}.signing_keys
  for each row when (old.retired_at is distinct from new.retired_at)
  execute function ${schema}.tell('signing_key', 'kid');
`,
}
