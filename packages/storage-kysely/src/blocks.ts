import type { Blocks } from '@xwms/core'
import { sql, type Transaction } from 'kysely'
import { recordAudit } from './audit.ts'
import type { Notices } from './changes.ts'
import type { Database } from './database.ts'
import { forgiveFailures } from './failures.ts'
import { type Tables, blocks as table } from './tables.ts'

interface Count {
  readonly count: string
}

export function blocks(database: Database, notices: Notices): Blocks {
  const { kysely, schema, prepared } = database
  const active = prepared(
    'blocks.active',
    `select ${table.columns} from ${schema}.blocks where expires_at > $1 and lifted_at is null`,
  )
  const get = prepared('blocks.get', `select ${table.columns} from ${schema}.blocks where id = any ($1)`)
  const count = prepared<Count>(
    'blocks.count',
    `select count(*) from ${schema}.blocks where subject = $1 and created_at >= $2
      and created_at > coalesce((select max(lifted_at) from ${schema}.blocks where subject = $1), '-infinity')`,
  )

  /** Those who change the blocks of one subject come one after the other; each sees what the one before did. */
  async function alone(transaction: Transaction<Tables>, subject: string): Promise<void> {
    const key = `${schema} block ${subject}`
    await sql`select pg_advisory_xact_lock(hashtextextended(${key}, 0))`.execute(transaction)
  }

  return {
    async add(block, triedAt = block.createdAt) {
      const standing = await kysely.transaction().execute(async transaction => {
        await alone(transaction, block.subject)
        const standing = await transaction
          .selectFrom('blocks')
          .selectAll()
          .where('subject', '=', block.subject)
          .where('lifted_at', 'is', null)
          .where('expires_at', '>', triedAt)
          .orderBy('expires_at', 'desc')
          .limit(1)
          .executeTakeFirst()
        if (standing === undefined)
          await transaction.insertInto('blocks').values(table.write(block)).execute()
        return standing
      })
      if (standing !== undefined) return { outcome: 'known', standing: table.read(standing) }
      notices.tell({ kind: 'block', id: block.id })
      return { outcome: 'added' }
    },
    async active(now) {
      return (await active([now])).map(table.read)
    },
    async get(ids) {
      return (await get([ids])).map(table.read)
    },
    async count(subject, since) {
      const [row] = await count([subject, since])
      return Number(row?.count)
    },
    async list({ workspaceId, before, limit }) {
      const rows = await kysely
        .selectFrom('blocks')
        .selectAll()
        .where('workspace_id', '=', workspaceId)
        .$if(before !== undefined, query =>
          query.where(({ eb, refTuple, tuple }) =>
            eb(refTuple('created_at', 'id'), '<', tuple(before?.at as Date, before?.id as string)),
          ),
        )
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute()
      return rows.map(table.read)
    },
    async lift(id, now, entry, failures) {
      const [block] = (await get([[id]])).map(table.read)
      if (block === undefined) return { outcome: 'not_found' }
      const lifted = await kysely.transaction().execute(async transaction => {
        await alone(transaction, block.subject)
        const inForce = await transaction
          .selectFrom('blocks')
          .select('id')
          .where('subject', '=', block.subject)
          .where('lifted_at', 'is', null)
          .where('expires_at', '>', now)
          .execute()
        const ids = inForce.map(({ id }) => id)
        if (!ids.includes(id)) return []
        await transaction.updateTable('blocks').set({ lifted_at: now }).where('id', 'in', ids).execute()
        await forgiveFailures(transaction, schema, failures)
        await recordAudit(transaction, entry)
        return ids
      })
      for (const one of lifted) notices.tell({ kind: 'block', id: one })
      return { outcome: lifted.length > 0 ? 'lifted' : 'already_over' }
    },
  }
}
