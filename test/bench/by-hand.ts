import type { IncomingMessage } from 'node:http'
import pg from 'pg'
import { RateLimiterPostgres } from 'rate-limiter-flexible'

/** Whom the guard knows. */
const CLIENT = { id: 'cl_shop', secret: 'secret-of-the-shop', domain: 'shop.example.com' }

/** The same ceiling as that of the kit's rows: never reached, and counted all the same. */
const LIMIT = { points: 1_000_000_000, duration: 60 }

/**
 * The guard that many an application has: it looks the three headers up in the database, counts the request with
 * rate-limiter-flexible, and writes a row about it before it answers.
 */
export interface ByHand {
  readonly headers: Readonly<Record<string, string>>
  /** Whether the caller may go on; counts the request. */
  admits(request: IncomingMessage): Promise<boolean>
  /** Writes the request down. */
  record(request: IncomingMessage, status: number): Promise<void>
  counted(): Promise<number>
  close(): Promise<void>
}

export async function guardByHand(): Promise<ByHand> {
  const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 })
  await pool.query(`
    create schema by_hand;
    create table by_hand.clients (id text primary key, secret text not null, domain text not null);
    create table by_hand.requests (id bigserial primary key, at timestamptz not null, client_id text not null,
      route text not null, status integer not null)`)
  await pool.query('insert into by_hand.clients values ($1, $2, $3)', [
    CLIENT.id,
    CLIENT.secret,
    CLIENT.domain,
  ])
  const limiter = await new Promise<RateLimiterPostgres>((resolve, reject) => {
    const made = new RateLimiterPostgres(
      { storeClient: pool, ...LIMIT, schemaName: 'by_hand', tableName: 'limits' },
      error => (error ? reject(error) : resolve(made)),
    )
  })

  return {
    headers: {
      'x-client-id': CLIENT.id,
      'x-client-secret': CLIENT.secret,
      'x-client-domain': CLIENT.domain,
    },
    async admits({ headers }) {
      const { rows } = await pool.query({
        name: 'client',
        text: 'select id from by_hand.clients where id = $1 and secret = $2 and domain = $3',
        values: [headers['x-client-id'], headers['x-client-secret'], headers['x-client-domain']],
      })
      if (rows.length === 0) return false
      await limiter.consume(rows[0].id)
      return true
    },
    async record({ headers, url }, status) {
      await pool.query({
        name: 'request',
        text: 'insert into by_hand.requests (at, client_id, route, status) values (now(), $1, $2, $3)',
        values: [headers['x-client-id'], url, status],
      })
    },
    async counted() {
      const { rows } = await pool.query('select count(*)::integer as count from by_hand.requests')
      return rows[0].count
    },
    close: () => pool.end(),
  }
}
