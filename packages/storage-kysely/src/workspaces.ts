import type { Workspace, Workspaces } from '@xwms/core'
import type { Transaction } from 'kysely'
import { recordAudit } from './audit.ts'
import type { Notices } from './changes.ts'
import type { Database } from './database.ts'
import { standing } from './standing.ts'
import { members as membersTable, type Tables, workspaces as table } from './tables.ts'

export function workspaces({ kysely }: Database, notices: Notices): Workspaces {
  return {
    async create(workspace, members, entry) {
      await kysely.transaction().execute(async transaction => {
        await transaction.insertInto('workspaces').values(table.write(workspace)).execute()
        await recordPlan(transaction, workspace, workspace.createdAt)
        if (members.length > 0)
          await transaction.insertInto('members').values(members.map(membersTable.write)).execute()
        await recordAudit(transaction, entry)
      })
    },
    async find(id) {
      const row = await kysely.selectFrom('workspaces').selectAll().where('id', '=', id).executeTakeFirst()
      return row && table.read(row)
    },
    async update(before, after, entry) {
      const { id } = before
      const { id: _, created_at, ...columns } = table.write(after)
      const { outcome, clients } = await kysely.transaction().execute(async transaction => {
        const row = transaction.selectFrom('workspaces').selectAll().where('id', '=', id)
        const outcome = await standing(table, row, before)
        if (outcome !== 'updated') return { outcome, clients: [] }
        await transaction.updateTable('workspaces').set(columns).where('id', '=', id).execute()
        if (before.plan !== after.plan) await recordPlan(transaction, { id, plan: after.plan }, entry.at)
        await recordAudit(transaction, entry)
        const clients = await transaction
          .selectFrom('clients')
          .select('id')
          .where('workspace_id', '=', id)
          .execute()
        return { outcome, clients }
      })
      for (const client of clients) notices.tell({ kind: 'client', clientId: client.id })
      return { outcome }
    },
    async members(id) {
      const rows = await kysely
        .selectFrom('members')
        .selectAll()
        .where('workspace_id', '=', id)
        .orderBy('created_at')
        .orderBy('sub')
        .execute()
      return rows.map(membersTable.read)
    },
    async plansInUse() {
      // One pass over the table, which has a row for each customer: no index is kept for a question that a start asks once.
      const rows = await kysely
        .selectFrom('workspaces')
        .select(({ fn }) => ['plan', fn.countAll<string>().as('workspaces')])
        .groupBy('plan')
        .execute()
      return rows.map(({ plan, workspaces }) => ({ plan, workspaces: Number(workspaces) }))
    },
  }
}

/**
 * Which plan a workspace is on from a moment on; invoices ask for the one at the end of their month. Whoever was overtaken may
 * have begun earlier than the change that it comes after, so that moment is the later one.
 */
async function recordPlan(
  transaction: Transaction<Tables>,
  { id, plan }: Pick<Workspace, 'id' | 'plan'>,
  since: Date,
): Promise<void> {
  await transaction
    .insertInto('workspace_plans')
    .values(({ fn, selectFrom, val }) => ({
      workspace_id: id,
      since: fn<Date>('greatest', [
        val(since),
        selectFrom('workspace_plans')
          .select(({ fn }) => fn.max('since').as('since'))
          .where('workspace_id', '=', id),
      ]),
      plan,
    }))
    .onConflict(conflict => conflict.columns(['workspace_id', 'since']).doUpdateSet({ plan }))
    .execute()
}
