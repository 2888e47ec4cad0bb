import type { ClientUsers, Sub } from '@xwms/core'
import { sql, type Transaction } from 'kysely'
import type { Notices } from './changes.ts'
import type { Database } from './database.ts'
import { groupedLookup } from './group.ts'
import { type Tables, clientUsers as table } from './tables.ts'

const APPROVED = ['scopes', 'claims', 'resources', 'authorization_details']

export function clientUsers(database: Database, notices: Notices): ClientUsers {
  const { kysely, schema, prepared } = database
  const approvals = sql.raw(`${schema}.client_users`)
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
  // The approval is locked first, so that of two that take the last two scopes the second finds nothing left.
  const narrow = (clientId: string, sub: Sub, scope: string) => sql<{ empty: boolean }>`
    with known as (
      select client_id, sub, array_remove(scopes, ${scope}) as scopes,
        array_remove(scopes, ${scope}) || claims || resources || authorization_details = '{}' as empty
      from ${approvals} where client_id = ${clientId} and sub = ${sub} and ${scope} = any (scopes) for update
    ), forgotten as (
      delete from ${approvals} as approval using known
      where approval.client_id = known.client_id and approval.sub = known.sub and known.empty
    ), narrowed as (
      update ${approvals} as approval set scopes = known.scopes from known
      where approval.client_id = known.client_id and approval.sub = known.sub and not known.empty
    )
    select empty from known`

  /**
   * Takes something out of an approval, and then out of its grants. Two statements, because of a code that is being redeemed
   * meanwhile: the first waits for it, and only what begins after that sees its grant.
   */
  async function takeBack<Taken>(
    fromApproval: (transaction: Transaction<Tables>) => Promise<Taken>,
    fromGrants: (transaction: Transaction<Tables>, taken: Taken) => Promise<readonly { id: string }[]>,
  ): Promise<Taken> {
    const [taken, grants] = await kysely
      .transaction()
      .setIsolationLevel('read committed')
      .execute(async transaction => {
        const taken = await fromApproval(transaction)
        return [taken, await fromGrants(transaction, taken)] as const
      })
    for (const { id } of grants) notices.tell({ kind: 'grant', grantId: id })
    return taken
  }

  // Grants go even where the approval is gone already: whoever takes something back wants no access to be left. They are
  // locked in one order, so that two such calls never wait for each other.
  const liveGrants = (transaction: Transaction<Tables>, clientId: string, sub: Sub, scope?: string) =>
    transaction
      .with('live', known =>
        known
          .selectFrom('grants')
          .select('id')
          .where('client_id', '=', clientId)
          .where('sub', '=', sub)
          .where('revoked_at', 'is', null)
          .$if(scope !== undefined, query => query.where(sql<boolean>`${scope} = any (scopes)`))
          .orderBy('id')
          .forNoKeyUpdate(),
      )
      .updateTable('grants')
      .from('live')
      .whereRef('grants.id', '=', 'live.id')
      .returning('grants.id')
  const revokeGrants = (transaction: Transaction<Tables>, clientId: string, sub: Sub, now: Date) =>
    liveGrants(transaction, clientId, sub).set({ revoked_at: now }).execute()
  const narrowGrants = (
    transaction: Transaction<Tables>,
    clientId: string,
    sub: Sub,
    scope: string,
    now: Date,
  ) =>
    liveGrants(transaction, clientId, sub, scope)
      .set({
        scopes: sql`array_remove(scopes, ${scope})`,
        revoked_at: sql`case when array_remove(scopes, ${scope}) = '{}' then ${now}::timestamptz end`,
      })
      .execute()

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
    revoke: (clientId, sub, now) =>
      takeBack(
        async transaction => {
          const { numDeletedRows } = await transaction
            .deleteFrom('client_users')
            .where('client_id', '=', clientId)
            .where('sub', '=', sub)
            .executeTakeFirst()
          return numDeletedRows > 0n
        },
        transaction => revokeGrants(transaction, clientId, sub, now),
      ),
    async removeScope(clientId, sub, scope, now) {
      const left = await takeBack(
        async transaction => (await narrow(clientId, sub, scope).execute(transaction)).rows[0],
        (transaction, left) =>
          left?.empty
            ? revokeGrants(transaction, clientId, sub, now)
            : narrowGrants(transaction, clientId, sub, scope, now),
      )
      return left !== undefined
    },
  }
}
