import type { ClientUsers } from '@xwms/core'
import type { Database } from './database.ts'
import { clientUsers as table } from './tables.ts'

export function clientUsers({ schema, prepared }: Database): ClientUsers {
  const find = prepared(
    'client-users.find',
    `select ${table.columns} from ${schema}.client_users where client_id = $1 and sub = $2`,
  )
  // New scopes go to the end, in the order in which they were given.
  const approve = prepared(
    'client-users.approve',
    `insert into ${schema}.client_users as known (client_id, sub, scopes, created_at, updated_at)
    values ($1, $2, $3, $4, $4)
    on conflict (client_id, sub) do update set
      scopes = known.scopes || array(
        select scope from unnest(excluded.scopes) with ordinality as given(scope, position)
        where scope <> all (known.scopes) order by position),
      updated_at = excluded.updated_at
    returning ${table.columns}`,
  )
  // Grants go even where the approval is gone already: whoever revokes wants no access to be left. They are locked in
  // one order, so that two such calls never wait for each other.
  const revoke = prepared<{ revoked: boolean }>(
    'client-users.revoke',
    `with forgotten as (
      delete from ${schema}.client_users where client_id = $1 and sub = $2 returning sub
    ), live as (
      select id from ${schema}.grants where client_id = $1 and sub = $2 and revoked_at is null
      order by id for no key update
    ), revoked as (
      update ${schema}.grants as granted set revoked_at = $3 from live where granted.id = live.id
    )
    select exists (select from forgotten) as revoked`,
  )

  return {
    async find(clientId, sub) {
      const [row] = await find([clientId, sub])
      return row && table.read(row)
    },
    async approve(clientId, sub, scopes, now) {
      const [row] = await approve([clientId, sub, [...new Set(scopes)], now])
      return table.read(row as object)
    },
    async revoke(clientId, sub, now) {
      const [row] = await revoke([clientId, sub, now])
      return row?.revoked ?? false
    },
  }
}
