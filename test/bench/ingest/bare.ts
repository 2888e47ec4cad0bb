import type { MeteredRequest } from '@xwms/core'
import { usageEventId } from '@xwms/core'
import pg from 'pg'

/** Writes batches of events and nothing else: what there is to reach. */
export interface Writer {
  write(id: string, events: readonly MeteredRequest[]): Promise<void>
  /** How many events are stored. */
  stored(): Promise<bigint>
  close(): Promise<void>
}

const COLUMNS = {
  id: 'uuid',
  at: 'timestamptz',
  workspace_id: 'text',
  client_id: 'text',
  domain_id: 'text',
  route: 'text',
  mode: 'text',
  status: 'smallint',
  duration_ms: 'double precision',
  price_nano_euro: 'bigint',
  request_id: 'text',
}

/** One INSERT for a batch, into a table without an index, as one writes it with pg: an array for each column. */
export async function bareWriter(url: string, lanes: number): Promise<Writer> {
  const pool = new pg.Pool({ connectionString: url, max: lanes })
  const definition = Object.entries(COLUMNS).map(column => column.join(' '))
  await pool.query(`create table bare_events (${definition.join(', ')})`)
  const arrays = Object.values(COLUMNS).map((type, index) => `$${index + 1}::${type}[]`)
  const text = `insert into bare_events select * from unnest(${arrays.join(', ')})`
  return {
    async write(id, events) {
      await pool.query({
        name: 'bare',
        text,
        values: [
          events.map((_, position) => usageEventId(id, position)),
          events.map(({ at }) => at),
          events.map(({ workspaceId }) => workspaceId),
          events.map(({ clientId }) => clientId),
          events.map(({ domainId }) => domainId),
          events.map(({ route }) => route),
          events.map(({ mode }) => mode),
          events.map(({ status }) => status),
          events.map(({ durationMs }) => durationMs),
          events.map(({ priceNanoEuro }) => priceNanoEuro),
          events.map(({ requestId }) => requestId),
        ],
      })
    },
    async stored() {
      const { rows } = await pool.query('select count(*) from bare_events')
      return BigInt(rows[0].count)
    },
    close: () => pool.end(),
  }
}
