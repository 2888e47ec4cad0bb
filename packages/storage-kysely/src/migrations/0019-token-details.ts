import type { Migration } from './migration.ts'

/** An access token may be good for fewer authorization details than its grant (RFC 9396 section 6). */
export const tokenDetails: Migration = {
  name: '0019-token-details',
  sql: schema => `
alter table ${schema}.access_tokens add column authorization_details text;
`,
}
