import type { ClientUsers } from '@xwms/core'
import type { Notices } from './changes.ts'
import type { Database } from './database.ts'
import { groupedLookup } from './group.ts'
import { clientUsers as table } from './tables.ts'

const APPROVED = ['scopes', 'claims', 'resources', 'authorization_details']

export function clientUsers(database: Database, notices: Notices): ClientUsers {
  const { schema, prepared } = database
  const find = groupedLookup(database, {
    name: 'client-users.find',
    columns: table.columns,
    from: `${schema}.client_users`,
    key: ['client_id', 'sub'],
  })
  const list = prepared(
    'client-users.list',
    `select ${table.columns} from ${schema}.client_users where sub = $1 order by created_at desc, client_id desc`,
  )
  // What is new goes to the end, in the order in which it was given.
  const additions = APPROVED.map(
    column => `${column} = known.${column} || array(
      select item from unnest(excluded.${column}) with ordinality as given(item, position)
      where item <> all (known.${column}) order by position)`,
  )
  const approve = prepared(
    'client-users.approve',
    `insert into ${schema}.client_users as known (client_id, sub, ${APPROVED.join(', ')}, created_at, updated_at)
    values ($1, $2, $3, $4, $5, $6, $7, $7)
    on conflict (client_id, sub) do update set ${additions.join(', ')}, updated_at = excluded.updated_at
    returning ${table.columns}`,
  )
  // Grants go even where the approval is gone already: whoever revokes wants no access to be left. They are locked in
  // one order, so that two such calls never wait for each other.
  const revoke = prepared<{ revoked: boolean; grant_ids: string[] }>(
    'client-users.revoke',
    `with forgotten as (
      delete from ${schema}.client_users where client_id = $1 and sub = $2 returning sub
    ), live as (
      select id from ${schema}.grants where client_id = $1 and sub = $2 and revoked_at is null
      order by id for no key update
    ), revoked as (
      update ${schema}.grants as granted set revoked_at = $3 from live where granted.id = live.id
      returning granted.id
    )
    select exists (select from forgotten) as revoked, array(select id from revoked) as grant_ids`,
  )

  return {
    async find(clientId, sub) {
      const row = await find(clientId, sub)
      return row && table.read(row)
    },
    async list(sub) {
      return (await list([sub])).map(table.read)
    },
    async approve(clientId, sub, { scopes, claims, resources, authorizationDetails }, now) {
      const approved = [scopes, claims, resources, authorizationDetails].map(items => [...new Set(items)])
      const [row] = await approve([clientId, sub, ...approved, now])
      return table.read(row as object)
    },
    async revoke(clientId, sub, now) {
      const [row] = await revoke([clientId, sub, now])
      for (const grantId of row?.grant_ids ?? []) notices.tell({ kind: 'grant', grantId })
      return row?.revoked ?? false
    },
  }
}
