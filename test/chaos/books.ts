import type pg from 'pg'
import type { Books } from './verdict.ts'

/** Reads everything that was booked, not with the code that booked it. */
export async function readBooks(client: pg.Client): Promise<Books> {
  const read = async (text: string) => (await client.query(text)).rows
  return {
    events: await read(`select request_id as "requestId", at, ${DIMENSIONS}, status,
      price_nano_euro::float8 as "unitPriceNanoEuro", month from xwms.usage_events`),
    counters: await read(`select hour, ${DIMENSIONS}, status_class as "statusClass",
      unit_price_nano_euro::float8 as "unitPriceNanoEuro", month, requests::float8 as requests
      from xwms.usage_counters`),
    months: await read(`select workspace_id as "workspaceId", month,
      unit_price_nano_euro::float8 as "unitPriceNanoEuro", requests::float8 as requests from xwms.month_totals`),
    log: (await read('select request_id as id from xwms.request_log where refused_by is null')).map(
      ({ id }) => id,
    ),
  }
}

const DIMENSIONS = `workspace_id as "workspaceId", client_id as "clientId", coalesce(domain_id, '') as "domainId",
  route, mode`
