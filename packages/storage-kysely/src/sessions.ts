import type { Sessions } from '@xwms/core'
import { sql } from 'kysely'
import type { Notices } from './changes.ts'
import type { Database } from './database.ts'
import { groupedLookup } from './group.ts'
import { sessions as table } from './tables.ts'

export function sessions(database: Database, notices: Notices): Sessions {
  const { kysely, schema, prepared } = database
  const find = groupedLookup(database, {
    name: 'sessions.find',
    columns: table.columns,
    from: `${schema}.sessions`,
    key: ['id_hash'],
  })
  const list = prepared(
    'sessions.list',
    `select ${table.columns} from ${schema}.sessions where sub = $1 and expires_at > $2
    order by created_at desc, sid desc`,
  )

  return {
    async create(session) {
      await kysely.insertInto('sessions').values(table.write(session)).execute()
    },
    async renew(idHash, session) {
      const { numUpdatedRows } = await kysely
        .updateTable('sessions')
        .set(table.write(session))
        .where('id_hash', '=', idHash)
        .where('sid', '=', session.sid)
        .where('sub', '=', session.sub)
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },
    async find(idHash, now) {
      const row = await find(idHash)
      const session = row && table.read(row)
      return session && session.expiresAt > now ? session : undefined
    },
    async logOut(idHash, now) {
      const ended = await kysely.transaction().execute(async transaction => {
        // Locked before anything is looked at: a client that wants to take part locks the session, too, and so is either
        // seen here or too late.
        const row = await transaction
          .selectFrom('sessions')
          .selectAll()
          .where('id_hash', '=', idHash)
          .where('expires_at', '>', now)
          .forUpdate()
          .executeTakeFirst()
        if (!row) return undefined
        const session = table.read(row)
        const { sid, sub } = session
        const members = await transaction
          .selectFrom('session_clients')
          .select('client_id')
          .where('sid', '=', sid)
          .orderBy(sql`client_id collate "C"`)
          .execute()
        await transaction
          .insertInto('logout_deliveries')
          .columns(['client_id', 'sub', 'sid', 'created_at', 'next_attempt_at'])
          .expression(
            transaction
              .selectFrom('session_clients')
              .innerJoin('clients', 'clients.id', 'session_clients.client_id')
              .select(({ val }) => [
                'clients.id',
                val(sub).as('sub'),
                'session_clients.sid',
                sql<Date>`${now}::timestamptz`.as('created_at'),
                sql<Date>`${now}::timestamptz`.as('next_attempt_at'),
              ])
              .where('session_clients.sid', '=', sid)
              .where(sql<boolean>`metadata ? 'backchannel_logout_uri'`),
          )
          .execute()
        const grants = await transaction
          .updateTable('grants')
          .set({ revoked_at: now })
          .where('sid', '=', sid)
          .where('revoked_at', 'is', null)
          .where(sql<boolean>`'openid' = any (scopes) and 'offline_access' <> all (scopes)`)
          .returning('id')
          .execute()
        await transaction.deleteFrom('sessions').where('id_hash', '=', idHash).execute()
        return { session, clientIds: members.map(({ client_id }) => client_id), grants }
      })
      if (!ended) return undefined
      for (const { id } of ended.grants) notices.tell({ kind: 'grant', grantId: id })
      return { session: ended.session, clientIds: ended.clientIds }
    },
    async list(sub, now) {
      return (await list([sub, now])).map(table.read)
    },
    async end(idHash) {
      await kysely.deleteFrom('sessions').where('id_hash', '=', idHash).execute()
    },
  }
}
