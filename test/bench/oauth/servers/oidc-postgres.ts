import type { Account, AdapterFactory, AdapterPayload } from 'oidc-provider'
import pg from 'pg'
import { PEOPLE, type Person, POOL_SIZE } from '../setting.ts'

/** What oidc-provider is to know, in PostgreSQL. */
export interface OidcDatabase {
  readonly adapter: AdapterFactory
  findPerson(accountId: string): Promise<Person | undefined>
  close(): Promise<void>
}

const TABLES = `
  create table oidc (
    model text not null,
    id text not null,
    payload jsonb not null,
    grant_id text,
    user_code text,
    uid text,
    expires_at timestamptz,
    consumed_at timestamptz,
    primary key (model, id)
  );
  create index oidc_grant_id on oidc (grant_id) where grant_id is not null;
  create index oidc_user_code on oidc (user_code) where user_code is not null;
  create index oidc_uid on oidc (uid) where uid is not null;
  create table people (id text primary key, person jsonb not null);
`

const UPSERT = `
  insert into oidc (model, id, payload, grant_id, user_code, uid, expires_at)
  values ($1, $2, $3, $4, $5, $6, $7)
  on conflict (model, id) do update set payload = excluded.payload, grant_id = excluded.grant_id,
    user_code = excluded.user_code, uid = excluded.uid, expires_at = excluded.expires_at`

const FIND = 'select payload, consumed_at from oidc where model = $1'
const ALIVE = '(expires_at is null or expires_at > now())'

/**
 * The adapter that a plain user writes after oidc-provider's template: one table for everything, prepared statements, a
 * pool. People, who are the host's own affair, are in a second table, as they are with the others.
 */
export async function oidcDatabase(connectionString: string): Promise<OidcDatabase> {
  const pool = new pg.Pool({ connectionString, max: POOL_SIZE })
  await pool.query(TABLES)
  for (const person of PEOPLE)
    await pool.query('insert into people (id, person) values ($1, $2)', [person.email, person])

  /** A statement is prepared once for each connection, by its name. */
  async function query(name: string, text: string, values: readonly unknown[]): Promise<pg.QueryResultRow[]> {
    const { rows } = await pool.query({ name, text, values: [...values] })
    return rows
  }

  async function find(name: string, text: string, values: unknown[]): Promise<AdapterPayload | undefined> {
    const [row] = await query(name, text, values)
    if (row === undefined) return undefined
    return row.consumed_at === null ? row.payload : { ...row.payload, consumed: true }
  }

  return {
    adapter: model => ({
      async upsert(id, payload, expiresIn) {
        const { grantId = null, userCode = null, uid = null } = payload
        const expiresAt = expiresIn === undefined ? null : new Date(Date.now() + expiresIn * 1000)
        await query('upsert', UPSERT, [model, id, payload, grantId, userCode, uid, expiresAt])
      },
      find: id => find('find', `${FIND} and id = $2 and ${ALIVE}`, [model, id]),
      findByUid: uid => find('find_by_uid', `${FIND} and uid = $2 and ${ALIVE}`, [model, uid]),
      findByUserCode: code => find('find_by_code', `${FIND} and user_code = $2 and ${ALIVE}`, [model, code]),
      async consume(id) {
        await query('consume', 'update oidc set consumed_at = now() where model = $1 and id = $2', [
          model,
          id,
        ])
      },
      async destroy(id) {
        await query('destroy', 'delete from oidc where model = $1 and id = $2', [model, id])
      },
      async revokeByGrantId(grantId) {
        await query('revoke', 'delete from oidc where grant_id = $1', [grantId])
      },
    }),
    async findPerson(accountId: Account['accountId']) {
      const [row] = await query('person', 'select person from people where id = $1', [accountId])
      return row?.person
    },
    close: () => pool.end(),
  }
}
