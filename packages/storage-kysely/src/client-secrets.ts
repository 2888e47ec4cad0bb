import type { Clients } from '@xwms/core'
import { type ClientChange, lockClient } from './client-change.ts'
import type { Database } from './database.ts'
import { secrets as table } from './tables.ts'

type ClientSecrets = Pick<Clients, 'secrets' | 'addSecret' | 'rotateSecret' | 'revokeSecret' | 'touchSecrets'>

/** The secrets that clients prove themselves by. */
export function clientSecrets({ kysely, schema, prepared }: Database, change: ClientChange): ClientSecrets {
  const touch = prepared(
    'clients.touch-secrets',
    // Locked in the order of their ids, so that two processes that touch the same secrets never wait for each other.
    `with used as (
      select id, max(at) as at from unnest($1::text[], $2::timestamptz[]) as given(id, at) group by id
    ), locked as (
      select secret.id, used.at from ${schema}.secrets as secret join used using (id)
      where secret.last_used_at is null or secret.last_used_at < used.at
      order by secret.id for no key update of secret
    )
    update ${schema}.secrets as secret set last_used_at = greatest(secret.last_used_at, locked.at)
    from locked where secret.id = locked.id`,
  )

  return {
    async secrets(clientId) {
      const rows = await kysely
        .selectFrom('secrets')
        .selectAll()
        .where('client_id', '=', clientId)
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .execute()
      return rows.map(table.read)
    },
    async addSecret(secret, limit, entry) {
      const created = await change(secret.clientId, entry, async transaction => {
        if (limit !== undefined) {
          await lockClient(transaction, secret.clientId)
          const { count } = await transaction
            .selectFrom('secrets')
            .select(({ fn }) => fn.countAll<string>().as('count'))
            .where('client_id', '=', secret.clientId)
            .where('revoked_at', 'is', null)
            .where(({ eb, or }) =>
              or([eb('expires_at', 'is', null), eb('expires_at', '>', secret.createdAt)]),
            )
            .executeTakeFirstOrThrow()
          if (Number(count) >= limit) return false
        }
        await transaction.insertInto('secrets').values(table.write(secret)).execute()
        return true
      })
      return { outcome: created ? 'created' : 'limit_reached' }
    },
    async rotateSecret(secret, othersExpireAt, entry) {
      await change(secret.clientId, entry, async transaction => {
        await lockClient(transaction, secret.clientId)
        await transaction
          .updateTable('secrets')
          .set({ expires_at: othersExpireAt })
          .where('client_id', '=', secret.clientId)
          .where('revoked_at', 'is', null)
          .where(({ eb, or }) => or([eb('expires_at', 'is', null), eb('expires_at', '>', othersExpireAt)]))
          .execute()
        await transaction.insertInto('secrets').values(table.write(secret)).execute()
        return true
      })
    },
    async revokeSecret(clientId, secretId, now, entry) {
      const revoked = await change(clientId, entry, async transaction => {
        const { numUpdatedRows } = await transaction
          .updateTable('secrets')
          .set({ revoked_at: now })
          .where('client_id', '=', clientId)
          .where('id', '=', secretId)
          .where('revoked_at', 'is', null)
          .executeTakeFirst()
        return numUpdatedRows > 0n
      })
      if (revoked) return { outcome: 'revoked' }
      const secret = await kysely
        .selectFrom('secrets')
        .select('id')
        .where('client_id', '=', clientId)
        .where('id', '=', secretId)
        .executeTakeFirst()
      return { outcome: secret ? 'already_revoked' : 'not_found' }
    },
    async touchSecrets(used) {
      if (used.length === 0) return
      await touch([used.map(({ secretId }) => secretId), used.map(({ at }) => at)])
    },
  }
}
