import type { Socket } from 'node:net'
import type pg from 'pg'

/** How much longer than its statement may take an answer may be on its way. */
const ON_THE_WAY_MS = 2000

/**
 * Ends a connection when an answer is overdue. PostgreSQL ends a statement that takes longer than it may, and says so;
 * where nothing comes at all, a router or a machine on the way has gone without telling, and TCP would wait for a quarter of
 * an hour. Also ends one that is to be closed and whose far side does not say goodbye.
 * @param client one that has connected
 */
export function endWhenSilent(client: pg.ClientBase, { options }: pg.Pool): void {
  const limitMs = Number(options.statement_timeout ?? 0)
  // Whoever lets a statement take as long as it wants has to wait.
  if (!(limitMs > 0)) return
  // The types of pg leave out that the clients of a pool are ordinary ones, and whether one waits for an answer.
  const state = client as pg.Client & { readonly readyForQuery: boolean }
  const stream = state.connection.stream as Socket
  // Counts from the last byte in either direction, and so from the question.
  stream.setTimeout(limitMs + ON_THE_WAY_MS, () => {
    if (state.readyForQuery && !stream.writableEnded) return
    stream.destroy(Object.assign(new Error('PostgreSQL has gone silent.'), { code: 'ETIMEDOUT' }))
  })
}
