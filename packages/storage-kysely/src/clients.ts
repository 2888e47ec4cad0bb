import type { Clients, UpdateOutcome } from '@xwms/core'
import type { ExpressionBuilder } from 'kysely'
import type { Notices } from './changes.ts'
import { clientChange, lockWorkspace } from './client-change.ts'
import { clientDomains } from './client-domains.ts'
import { clientFacts } from './client-facts.ts'
import { clientSecrets } from './client-secrets.ts'
import type { Database } from './database.ts'
import { standing } from './standing.ts'
import { type Tables, clients as table } from './tables.ts'

/** How many clients one call of `removeUnused` removes at most. */
const REMOVED_AT_ONCE = 100

export function clients(database: Database, notices: Notices): Clients {
  const { kysely, schema, prepared } = database
  const change = clientChange(database, notices)

  const workspaces = prepared<{ readonly id: string; readonly workspace_id: string }>(
    'clients.workspaces',
    `select id, workspace_id from ${schema}.clients where id = any ($1)`,
  )

  return {
    ...clientSecrets(database, change),
    ...clientDomains(database, change),
    facts: clientFacts(database),
    async create(client, limit, entry) {
      const created = await change(client.id, entry, async transaction => {
        if (limit !== undefined) {
          await lockWorkspace(transaction, client.workspaceId)
          const { count } = await transaction
            .selectFrom('clients')
            .select(({ fn }) => fn.countAll<string>().as('count'))
            .where('workspace_id', '=', client.workspaceId)
            .executeTakeFirstOrThrow()
          if (Number(count) >= limit) return false
        }
        await transaction.insertInto('clients').values(table.write(client)).execute()
        return true
      })
      return { outcome: created ? 'created' : 'limit_reached' }
    },
    async find(id) {
      const row = await kysely.selectFrom('clients').selectAll().where('id', '=', id).executeTakeFirst()
      return row && table.read(row)
    },
    async workspaces(ids) {
      return new Map((await workspaces([ids])).map(({ id, workspace_id }) => [id, workspace_id]))
    },
    async list(workspaceId) {
      const rows = await kysely
        .selectFrom('clients')
        .selectAll()
        .where('workspace_id', '=', workspaceId)
        .orderBy('created_at')
        .orderBy('id')
        .execute()
      return rows.map(table.read)
    },
    delete(clientId, entry) {
      return change(clientId, entry, async transaction => {
        const { numDeletedRows } = await transaction
          .deleteFrom('clients')
          .where('id', '=', clientId)
          .executeTakeFirst()
        return numDeletedRows > 0n
      })
    },
    async count(workspaceId, source) {
      const { count } = await kysely
        .selectFrom('clients')
        .select(({ fn }) => fn.countAll<string>().as('count'))
        .where('workspace_id', '=', workspaceId)
        .where('source', '=', source)
        .executeTakeFirstOrThrow()
      return Number(count)
    },
    async removeUnused(createdBefore) {
      const unused = ({ exists, not, selectFrom }: ExpressionBuilder<Tables, 'clients'>) => [
        not(
          exists(
            selectFrom('client_users').select('sub').whereRef('client_users.client_id', '=', 'clients.id'),
          ),
        ),
        not(exists(selectFrom('grants').select('grants.id').whereRef('grants.client_id', '=', 'clients.id'))),
      ]
      const removed = await kysely.transaction().execute(async transaction => {
        const locked = await transaction
          .selectFrom('clients')
          .select('id')
          .where('source', '<>', 'managed')
          .where('created_at', '<', createdBefore)
          .where(eb => eb.and(unused(eb)))
          .orderBy('created_at')
          .limit(REMOVED_AT_ONCE)
          .forUpdate()
          .skipLocked()
          .execute()
        if (locked.length === 0) return []
        // Asked again: an approval may have come between the look and the lock. Now that they are locked, none can.
        return await transaction
          .deleteFrom('clients')
          .where(
            'id',
            'in',
            locked.map(({ id }) => id),
          )
          .where(eb => eb.and(unused(eb)))
          .returning('id')
          .execute()
      })
      for (const { id } of removed) notices.tell({ kind: 'client', clientId: id })
      return removed.length
    },
    async update(before, after, entry) {
      const { id, workspace_id, source, created_at, ...columns } = table.write(after)
      let outcome: UpdateOutcome['outcome'] = 'not_found'
      await change(before.id, entry, async transaction => {
        const row = transaction.selectFrom('clients').selectAll().where('id', '=', before.id)
        outcome = await standing(table, row, before)
        if (outcome !== 'updated') return false
        await transaction.updateTable('clients').set(columns).where('id', '=', before.id).execute()
        return true
      })
      return { outcome }
    },
  }
}
