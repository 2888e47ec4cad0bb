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
  // The approval is locked first, so that of two that take the last two scopes the second finds nothing left.
  const removeScope = prepared<{ removed: boolean; grant_ids: string[] }>(
    'client-users.remove-scope',
    `with known as (
      select client_id, sub, array_remove(scopes, $3) as scopes,
        array_remove(scopes, $3) || claims || resources || authorization_details = '{}' as empty
      from ${schema}.client_users where client_id = $1 and sub = $2 and $3 = any (scopes) for update
    ), forgotten as (
      delete from ${schema}.client_users as approval using known
      where approval.client_id = known.client_id and approval.sub = known.sub and known.empty
    ), narrowed as (
      update ${schema}.client_users as approval set scopes = known.scopes from known
      where approval.client_id = known.client_id and approval.sub = known.sub and not known.empty
    ), live as (
      select id from ${schema}.grants where client_id = $1 and sub = $2 and revoked_at is null
        and ($3 = any (scopes) or exists (select from known where empty))
      order by id for no key update
    ), taken as (
      update ${schema}.grants as granted set scopes = array_remove(scopes, $3),
        revoked_at = case
          when array_remove(scopes, $3) = '{}' or exists (select from known where empty) then $4::timestamptz
        end
      from live where granted.id = live.id
      returning granted.id
    )
    select exists (select from known) as removed, array(select id from taken) as grant_ids`,
  )

  function tellOf(grantIds: readonly string[] = []): void {
    for (const grantId of grantIds) notices.tell({ kind: 'grant', grantId })
  }

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
      tellOf(row?.grant_ids)
      return row?.revoked ?? false
    },
    async removeScope(clientId, sub, scope, now) {
      const [row] = await removeScope([clientId, sub, scope, now])
      tellOf(row?.grant_ids)
      return row?.removed ?? false
    },
  }
}
