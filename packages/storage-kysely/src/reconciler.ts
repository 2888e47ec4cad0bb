import type { LedgerCheck, LedgerDifference, Reconciler } from '@xwms/core'
import { sql } from 'kysely'
import type { Database } from './database.ts'
import { dedicatedClient } from './dedicated-client.ts'
import { listed } from './invoices.ts'

interface Comparison {
  readonly differing: string
  readonly differences: readonly {
    readonly workspace_id: string | null
    readonly month: string | null
    readonly item: string
    readonly expected: string
    readonly found: string
  }[]
  readonly total: string
  readonly other_total: string
}

/**
 * Accounts are summed up and compared where they are, each pair in one statement: what leaves the database are the
 * differences. A connection of its own, because a statement over many millions of events takes longer than a pool allows.
 */
export function reconciler({ kysely, pool, schema }: Database): Reconciler {
  return {
    async invoices(query, limit) {
      const rows = await listed(kysely, query, limit)
      const kept = await kysely
        .selectFrom('invoices')
        .innerJoin('workspace_months as closed', join =>
          join
            .onRef('closed.workspace_id', '=', 'invoices.workspace_id')
            .onRef('closed.month', '=', 'invoices.month'),
        )
        .select(['number', 'terms'])
        .where('number', '=', sql<string>`any (${rows.map(({ number }) => number)})`)
        .execute()
      const terms = new Map(kept.map(row => [row.number, row.terms ?? undefined]))
      return rows.map(({ number, workspace_id, month, document }) => ({
        number,
        workspaceId: workspace_id,
        month,
        document,
        terms: terms.get(number),
      }))
    },
    async compare({ workspaceId = null, from, to, eventsSince: asked }, limit) {
      const client = dedicatedClient(pool)
      client.on('error', () => {})
      await client.connect()
      try {
        await client.query('begin isolation level repeatable read read only')
        await client.query('set local statement_timeout = 0')
        // Before the first look: what goes after it would be missed, though nothing says that it went.
        await client.query(`lock table only ${schema}.usage_events in access share mode`)
        const since = await client.query<{ since: Date }>(
          `select greatest($1::timestamptz, ${schema}.removed_before('usage_events')) as since`,
          [asked],
        )
        const [{ since: eventsSince }] = since.rows as [{ since: Date }]
        const differences: LedgerDifference[] = []
        let differing = 0
        const totals: bigint[] = []
        for (const [check, statement] of statements(schema, workspaceId !== null)) {
          // `given` says the type of each parameter, whichever of them the statement uses.
          const { rows } = await client.query<Comparison>(
            `with given as (select $1::text as workspace, $2::timestamptz as first, $3::timestamptz as last, $4::timestamptz as since),
             ${statement}, different as (select * from compared where expected is distinct from found)
             select (select count(*) from different) as differing,
               (select coalesce(sum(expected), 0) from compared) as total, (select coalesce(sum(found), 0) from compared) as other_total,
               (select coalesce(json_agg(json_build_object('workspace_id', workspace_id, 'month', month, 'item', item,
                   'expected', expected::text, 'found', found::text)), '[]')
                 from (select * from different order by month, workspace_id, item limit $5) as told) as differences`,
            [workspaceId, from, to, eventsSince, limit],
          )
          const [row] = rows as [Comparison]
          differing += Number(row.differing)
          totals.push(BigInt(row.total), BigInt(row.other_total))
          differences.push(...row.differences.map(found => read(check, found)))
        }
        await client.query('commit')
        const [events = 0n, counted = 0n, , billable = 0n] = totals
        return { eventsSince, events, counted, billable, differing, differences: differences.slice(0, limit) }
      } finally {
        await client.end()
      }
    },
  }
}

function read(check: LedgerCheck, found: Comparison['differences'][number]): LedgerDifference {
  return {
    check,
    workspaceId: found.workspace_id ?? undefined,
    month: found.month === null ? undefined : new Date(found.month),
    item: found.item,
    expected: BigInt(found.expected),
    found: BigInt(found.found),
  }
}

/** Each makes a table `compared` (workspace_id, month, item, expected, found), of everything that was given. */
function statements(schema: string, ofOne: boolean): readonly (readonly [LedgerCheck, string])[] {
  // Parameters where they are compared: what is planned with their values reads no more partitions and rows than it has to.
  const ofMonths = `month between $2::timestamptz and $3::timestamptz
    and ${ofOne ? 'workspace_id = $1::text' : '$1::text is null'}`
  return [
    [
      'events_counters',
      `events as (
        select workspace_id, month, route, mode, status / 100 as status_class, price_nano_euro as price, client_id,
          coalesce(domain_id, '') as domain, date_trunc('hour', at, 'UTC') as hour, count(*) as requests
        from ${schema}.usage_events
        where at >= $4::timestamptz and at < $3::timestamptz + interval '1 month 1 day' and ${ofMonths}
        group by 1, 2, 3, 4, 5, 6, 7, 8, 9
      ), counters as (
        select workspace_id, month, route, mode, status_class::integer, unit_price_nano_euro as price, client_id,
          coalesce(domain_id, '') as domain, hour, sum(requests) as requests
        from ${schema}.usage_counters where hour >= $4::timestamptz and ${ofMonths}
        group by 1, 2, 3, 4, 5, 6, 7, 8, 9
      ), compared as (
        select workspace_id, month, route || ', ' || mode || ', ' || status_class || 'xx, at ' || price
            || ', client ' || client_id || coalesce(', domain ' || nullif(domain, ''), ', no domain')
            || to_char(hour at time zone 'UTC', '", "YYYY-MM-DD"T"HH24:MI"Z"') as item,
          coalesce(events.requests, 0)::numeric as expected, coalesce(counters.requests, 0) as found
        from events full join counters using (workspace_id, month, route, mode, status_class, price, client_id, domain, hour)
      )`,
    ],
    [
      'counters_month_totals',
      `counters as (
        select workspace_id, month, unit_price_nano_euro as price, sum(requests) as requests
        from ${schema}.usage_counters where mode = 'live' and unit_price_nano_euro > 0 and ${ofMonths}
        group by 1, 2, 3
      ), totals as (
        select workspace_id, month, unit_price_nano_euro as price, requests from ${schema}.month_totals where ${ofMonths}
      ), compared as (
        select workspace_id, month, 'billable, at ' || price as item,
          coalesce(counters.requests, 0) as expected, coalesce(totals.requests, 0)::numeric as found
        from counters full join totals using (workspace_id, month, price)
      )`,
    ],
    [
      'closed_months_invoices',
      `closed as (
        select workspace_id, month, 1 as there from ${schema}.workspace_months where closed_at is not null and ${ofMonths}
      ), issued as (
        select workspace_id, month, number, 1 as there from ${schema}.invoices where ${ofMonths}
      ), compared as (
        select workspace_id, month, coalesce(number, 'an invoice') as item,
          coalesce(closed.there, 0) as expected, coalesce(issued.there, 0) as found
        from closed full join issued using (workspace_id, month)
      )`,
    ],
    [
      'numbers_invoices',
      `compared as (
        select null::text as workspace_id, null::timestamptz as month, 'invoices of ' || year as item,
          coalesce(last, 0)::numeric as expected, coalesce(issued.number, 0)::numeric as found
        from ${schema}.invoice_years full join (
          select year, count(*) as number from ${schema}.invoices group by year
        ) as issued using (year)
      )`,
    ],
  ]
}
