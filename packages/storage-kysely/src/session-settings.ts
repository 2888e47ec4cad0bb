import { StorageUnavailableError } from '@xwms/core'
import type { Pool } from 'pg'
import type { Target } from './unavailable.ts'

/** What a connection is like. */
interface Session {
  readonly style: string
  readonly isolation: string
  /** A Date, unless the pool of the application makes something else of it. */
  readonly time: unknown
  /** An object, likewise. */
  readonly json: unknown
}

/** A setting that a database or a role may have otherwise, with what it has to be, and why. */
const SETTINGS: readonly {
  readonly name: string
  readonly of: (session: Session) => string
  readonly fits: (value: string) => boolean
  readonly value: string
  readonly why: string
}[] = [
  {
    name: 'datestyle',
    of: ({ style }) => style,
    fits: value => value.startsWith('ISO'),
    value: 'ISO',
    why: 'dates are read in that style',
  },
  {
    name: 'default_transaction_isolation',
    of: ({ isolation }) => isolation,
    fits: value => value === 'read committed',
    value: 'read committed',
    why: 'processes that count the same wait for each other; otherwise PostgreSQL would undo what one of them writes',
  },
]

/**
 * Makes sure that connections of a pool are such as this storage can work with.
 * @throws {StorageUnavailableError} naming everything that is otherwise, and what mends it
 */
export async function checkSession(pool: Pool, { user, database }: Target): Promise<void> {
  const { rows } = await pool.query<Session>(
    `select current_setting('datestyle') as style, current_setting('default_transaction_isolation') as isolation,
      now() as time, '{}'::jsonb as json`,
  )
  const [session] = rows as [Session]
  const wrong = SETTINGS.filter(({ of, fits }) => !fits(of(session)))
  const problems = wrong.map(
    ({ name, of, value, why }) =>
      `${name} is "${of(session)}", and has to be "${value}": ${why}. ` +
      `Run: alter role "${user}" in database "${database}" set ${name} = '${value}'`,
  )
  // Times in another style are no dates in any case.
  const timesAreDates = session.time instanceof Date || !session.style.startsWith('ISO')
  if (!timesAreDates || typeof session.json !== 'object')
    problems.push(
      'the pool that was given makes something else of timestamps or JSON than pg does by itself. ' +
        'Give a pool with its own `types`, or `connectionString` instead of a pool',
    )
  if (problems.length > 0)
    throw new StorageUnavailableError(`XWMS cannot work with this database as it is:\n${problems.join('\n')}`)
}
