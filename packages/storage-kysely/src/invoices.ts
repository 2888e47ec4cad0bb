import {
  closedTerms,
  type Invoice,
  type InvoiceQuery,
  type Invoices,
  invoiceDocument,
  type MonthFacts,
  monthAfter,
  readInvoiceDocument,
} from '@xwms/core'
import { type Kysely, sql } from 'kysely'
import { recordAudit } from './audit.ts'
import type { Database } from './database.ts'
import { lateUsage } from './late-usage.ts'
import { type Tables, workspaces } from './tables.ts'

export function invoices({ kysely }: Database): Invoices {
  return {
    facts: (workspaceId, month) => factsOf(kysely, workspaceId, month),
    late: query => lateUsage(kysely, query),
    async close(workspaceId, month, now, compose) {
      // Each statement has to see what was committed before it: what waits for a lock must not be told what was before.
      const transaction = kysely.transaction().setIsolationLevel('read committed')
      return await transaction.execute(async transaction => {
        if ((await workspaceIn(transaction, workspaceId, month)) === undefined)
          return { outcome: 'not_found' }
        // Whoever writes events of this month holds a share of its row, and whoever comes later waits for this transaction.
        await lockMonth(transaction, workspaceId, month)
        const known = await invoiceOf(transaction, workspaceId, month)
        if (known !== undefined) return { outcome: 'already_closed', invoice: known }

        const facts = (await factsOf(transaction, workspaceId, month)) as MonthFacts
        const year = now.getUTCFullYear()
        const sequence = await nextNumber(transaction, year)
        const { invoice, audit } = compose(facts, sequence)
        await transaction
          .insertInto('invoices')
          .values({
            number: invoice.number,
            year,
            sequence,
            workspace_id: workspaceId,
            month,
            document: JSON.stringify(invoiceDocument(invoice)),
          })
          .execute()
        await transaction
          .updateTable('workspace_months')
          .set({ closed_at: now, terms: JSON.stringify(closedTerms(invoice)) })
          .where('workspace_id', '=', workspaceId)
          .where('month', '=', month)
          .execute()
        await recordAudit(transaction, audit)
        return { outcome: 'closed', invoice }
      })
    },
    async unclosed(month, limit, after) {
      const rows = await kysely
        .selectFrom('workspaces')
        .select('id')
        .where('created_at', '<', monthAfter(month))
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('invoices')
                .select('number')
                .whereRef('invoices.workspace_id', '=', 'workspaces.id')
                .where('invoices.month', '=', month),
            ),
          ),
        )
        .$if(after !== undefined, query => query.where('id', '>', after ?? ''))
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map(({ id }) => id)
    },
    async find(number) {
      const row = await kysely
        .selectFrom('invoices')
        .select(['number', 'document'])
        .where('number', '=', number)
        .executeTakeFirst()
      return row && read(row)
    },
    async list(query, limit) {
      return (await listed(kysely, query, limit)).map(read)
    },
  }
}

type Executor = Kysely<Tables>

/** Invoices as they are stored, the last issued first. */
export async function listed(executor: Executor, { workspaceId, month, after }: InvoiceQuery, limit: number) {
  return await executor
    .selectFrom('invoices')
    .select(['number', 'workspace_id', 'month', 'document'])
    .$if(workspaceId !== undefined, query => query.where('workspace_id', '=', workspaceId ?? ''))
    .$if(month !== undefined, query => query.where('month', '=', month ?? null))
    .$if(after !== undefined, query =>
      query.where(({ eb, refTuple, selectFrom }) =>
        eb(
          refTuple('year', 'sequence'),
          '<',
          selectFrom('invoices')
            .select(['year', 'sequence'])
            .where('number', '=', after ?? '')
            .$asTuple('year', 'sequence'),
        ),
      ),
    )
    .orderBy('year', 'desc')
    .orderBy('sequence', 'desc')
    .limit(limit)
    .execute()
}

function read({ number, document }: { readonly number: string; readonly document: unknown }): Invoice {
  try {
    return readInvoiceDocument(document as Parameters<typeof readInvoiceDocument>[0])
  } catch (cause) {
    // Nothing that whoever asked for it could mend.
    throw new Error(`The stored invoice ${number} cannot be read.`, { cause })
  }
}

/** The workspace, if it was there by the end of the month. */
async function workspaceIn(executor: Executor, id: string, month: Date) {
  return await executor
    .selectFrom('workspaces')
    .selectAll()
    .where('id', '=', id)
    .where('created_at', '<', monthAfter(month))
    .executeTakeFirst()
}

async function factsOf(
  executor: Executor,
  workspaceId: string,
  month: Date,
): Promise<MonthFacts | undefined> {
  const row = await workspaceIn(executor, workspaceId, month)
  if (row === undefined) return undefined
  const plan = await executor
    .selectFrom('workspace_plans')
    .select('plan')
    .where('workspace_id', '=', workspaceId)
    .where('since', '<', monthAfter(month))
    .orderBy('since', 'desc')
    .limit(1)
    .executeTakeFirst()
  const usage = await executor
    .selectFrom('usage_counters')
    .select(['route', 'mode', 'status_class', 'unit_price_nano_euro'])
    .select([
      sql<string>`sum(requests)`.as('requests'),
      sql<string>`coalesce(sum(requests) filter (where month > hour), 0)`.as('late'),
    ])
    .where('workspace_id', '=', workspaceId)
    .where('month', '=', month)
    .groupBy(['route', 'mode', 'status_class', 'unit_price_nano_euro'])
    .execute()
  const late = await lateUsage(executor, { workspaceId, month, from: new Date(0), to: month })
  // Of each shape the first hour of its first month, or an earlier one that counted later.
  const first = await executor
    .selectFrom('usage_shapes as shape')
    .innerJoinLateral(
      counts =>
        counts
          .selectFrom('usage_counts')
          .select('hour')
          .whereRef('shape', '=', 'shape.id')
          .orderBy('month')
          .orderBy('hour')
          .limit(1)
          .as('first'),
      join => join.onTrue(),
    )
    .leftJoinLateral(
      counts =>
        counts
          .selectFrom('usage_counts')
          .select(({ fn }) => fn.min('hour').as('hour'))
          .whereRef('shape', '=', 'shape.id')
          .whereRef('month', '>', 'hour')
          .as('late'),
      join => join.onTrue(),
    )
    .select(sql<Date | null>`min(least(first.hour, late.hour))`.as('hour'))
    .where('shape.workspace_id', '=', workspaceId)
    .executeTakeFirst()
  return {
    workspace: workspaces.read(row),
    month,
    planName: plan?.plan ?? row.plan,
    firstUsedAt: first?.hour ?? undefined,
    usage: usage.map(counted => ({
      route: counted.route,
      mode: counted.mode,
      statusClass: Number(counted.status_class),
      unitPriceNanoEuro: Number(counted.unit_price_nano_euro),
      requests: BigInt(counted.requests),
      late: BigInt(counted.late),
    })),
    earlierMonths: late.map(({ madeIn, requests }) => ({ month: madeIn, requests })),
  }
}

async function lockMonth(executor: Executor, workspaceId: string, month: Date): Promise<void> {
  await executor
    .insertInto('workspace_months')
    .values({ workspace_id: workspaceId, month, closed_at: null })
    .onConflict(conflict => conflict.doNothing())
    .execute()
  await executor
    .selectFrom('workspace_months')
    .select('closed_at')
    .where('workspace_id', '=', workspaceId)
    .where('month', '=', month)
    .forUpdate()
    .execute()
}

async function invoiceOf(executor: Executor, workspaceId: string, month: Date): Promise<Invoice | undefined> {
  const row = await executor
    .selectFrom('invoices')
    .select(['number', 'document'])
    .where('workspace_id', '=', workspaceId)
    .where('month', '=', month)
    .executeTakeFirst()
  return row && read(row)
}

/** Locks the year's row until the transaction ends: the next invoice of the year waits, for a moment, for this one. */
async function nextNumber(executor: Executor, year: number): Promise<number> {
  const { last } = await executor
    .insertInto('invoice_years')
    .values({ year, last: 1 })
    .onConflict(conflict => conflict.column('year').doUpdateSet({ last: sql`invoice_years.last + 1` }))
    .returning('last')
    .executeTakeFirstOrThrow()
  return last
}
