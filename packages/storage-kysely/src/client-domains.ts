import type { Clients, UpdateOutcome } from '@xwms/core'
import { sql } from 'kysely'
import { type ClientChange, lockWorkspace } from './client-change.ts'
import type { Database } from './database.ts'
import { standing } from './standing.ts'
import { domains as table } from './tables.ts'

type ClientDomains = Pick<Clients, 'domains' | 'addDomain' | 'updateDomain' | 'linkSecret'>

/** The domains that clients call from, and the secrets that are linked to them. */
export function clientDomains({ kysely }: Database, change: ClientChange): ClientDomains {
  return {
    async domains(clientId) {
      const rows = await kysely
        .selectFrom('domains')
        .selectAll()
        .where('client_id', '=', clientId)
        .orderBy('created_at')
        .orderBy('id')
        .execute()
      return rows.map(table.read)
    },
    async addDomain(domain, limit, entry) {
      let refusal: 'limit_reached' | 'host_taken' = 'host_taken'
      const created = await change(domain.clientId, entry, async transaction => {
        const { workspace_id } = await transaction
          .selectFrom('clients')
          .select('workspace_id')
          .where('id', '=', domain.clientId)
          .executeTakeFirstOrThrow()
        if (limit !== undefined) await lockWorkspace(transaction, workspace_id)
        const holder = await transaction
          .selectFrom('domains')
          .select('id')
          .where('client_id', '=', domain.clientId)
          .where('host', '=', domain.host)
          .executeTakeFirst()
        if (holder) return false
        if (limit !== undefined) {
          const { count } = await transaction
            .selectFrom('domains')
            .innerJoin('clients', 'clients.id', 'domains.client_id')
            .select(({ fn }) => fn.countAll<string>().as('count'))
            .where('clients.workspace_id', '=', workspace_id)
            .executeTakeFirstOrThrow()
          if (Number(count) >= limit) {
            refusal = 'limit_reached'
            return false
          }
        }
        const { numInsertedOrUpdatedRows } = await transaction
          .insertInto('domains')
          .values(table.write(domain))
          .onConflict(conflict => conflict.columns(['client_id', 'host']).doNothing())
          .executeTakeFirstOrThrow()
        return numInsertedOrUpdatedRows === 1n
      })
      return { outcome: created ? 'created' : refusal }
    },
    async updateDomain(before, after, entry) {
      const { id, client_id, host, created_at, ...columns } = table.write(after)
      let outcome: UpdateOutcome['outcome'] = 'not_found'
      await change(before.clientId, entry, async transaction => {
        const row = transaction
          .selectFrom('domains')
          .selectAll()
          .where('client_id', '=', before.clientId)
          .where('id', '=', before.id)
        outcome = await standing(table, row, before)
        if (outcome !== 'updated') return false
        await transaction.updateTable('domains').set(columns).where('id', '=', before.id).execute()
        return true
      })
      return { outcome }
    },
    async linkSecret(clientId, secretId, domainId, entry) {
      const linked = await change(clientId, entry, async transaction => {
        const { numInsertedOrUpdatedRows } = await transaction
          .insertInto('secret_domains')
          .columns(['client_id', 'secret_id', 'domain_id'])
          .expression(eb =>
            eb
              .selectFrom('secrets')
              .innerJoin('domains', 'domains.client_id', 'secrets.client_id')
              .select(['secrets.client_id', 'secrets.id', 'domains.id as domain_id'])
              .where('secrets.client_id', '=', clientId)
              .where('secrets.id', '=', secretId)
              .where('domains.id', '=', domainId),
          )
          .onConflict(conflict => conflict.doNothing())
          .executeTakeFirstOrThrow()
        return numInsertedOrUpdatedRows === 1n
      })
      if (linked) return { outcome: 'linked' }
      const link = await kysely
        .selectFrom('secret_domains')
        .select(sql`1`.as('one'))
        .where('client_id', '=', clientId)
        .where('secret_id', '=', secretId)
        .where('domain_id', '=', domainId)
        .executeTakeFirst()
      return { outcome: link ? 'linked' : 'not_found' }
    },
  }
}
