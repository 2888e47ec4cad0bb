import pg from 'pg'

/** A client outside the pool that connects as the pool does; `more` overrides. It has yet to be connected. */
export function dedicatedClient(pool: pg.Pool, more: pg.ClientConfig = {}): pg.Client {
  // The pool hides its password from being listed, and so from being spread.
  return new pg.Client({ ...pool.options, password: pool.options.password, ...more })
}
