import type { AuditEntry, Clients } from '@xwms/core'
import { type ExpressionBuilder, type Kysely, sql } from 'kysely'
import { recordAudit } from './audit.ts'
import type { Notices } from './changes.ts'
import type { Database } from './database.ts'
import {
  domains as domainsTable,
  secrets as secretsTable,
  type Tables,
  clients as table,
  workspaces as workspacesTable,
} from './tables.ts'

/** What the statement for {@link Clients.facts} answers: rows as JSON. */
interface FactsRow {
  client: object
  workspace: object
  secret: object
  domain: object | null
  linked_secret_ids: string[] | null
}

/**
 * Locks a client's row, so that changes to what it holds come one after the other. Rows that refer to it can still be
 * written meanwhile, which a full `for update` would prevent.
 */
async function lockClient(transaction: Kysely<Tables>, clientId: string): Promise<void> {
  await transaction
    .selectFrom('clients')
    .select('id')
    .where('id', '=', clientId)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow()
}

/** How many clients one call of `removeUnused` removes at most. */
const REMOVED_AT_ONCE = 100

/** Locks a workspace's row, so that what its plan limits is counted by one transaction at a time. */
async function lockWorkspace(transaction: Kysely<Tables>, workspaceId: string): Promise<void> {
  await transaction
    .selectFrom('workspaces')
    .select('id')
    .where('id', '=', workspaceId)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow()
}

export function clients({ kysely, schema, prepared }: Database, notices: Notices): Clients {
  /** Runs a change in a transaction, with its audit entry; nothing is audited or told of when `work` answers false. */
  async function change(
    clientId: string,
    entry: AuditEntry,
    work: (transaction: Kysely<Tables>) => Promise<boolean>,
  ): Promise<boolean> {
    const changed = await kysely.transaction().execute(async transaction => {
      if (!(await work(transaction))) return false
      await recordAudit(transaction, entry)
      return true
    })
    if (changed) notices.tell({ kind: 'client', clientId })
    return changed
  }

  const factsBy = (column: 'id' | 'host') =>
    prepared<FactsRow>(
      `clients.facts-by-${column}`,
      // The secret first, by itself: who knows none ends here, whether the client exists or not.
      `with proof as materialized (
        select * from ${schema}.secrets where client_id = $1 and hash = $3
      )
      select
        row_to_json(client) as client,
        row_to_json(workspace) as workspace,
        row_to_json(proof) as secret,
        row_to_json(domain) as domain,
        (select json_agg(link.secret_id) from ${schema}.secret_domains as link
          where link.client_id = client.id and link.domain_id = domain.id) as linked_secret_ids
      from proof
      join ${schema}.clients as client on client.id = proof.client_id
      join ${schema}.workspaces as workspace on workspace.id = client.workspace_id
      left join ${schema}.domains as domain on domain.client_id = client.id and domain.${column} = $2`,
    )
  const factsById = factsBy('id')
  const factsByHost = factsBy('host')

  const workspaces = prepared<{ readonly id: string; readonly workspace_id: string }>(
    'clients.workspaces',
    `select id, workspace_id from ${schema}.clients where id = any ($1)`,
  )

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
    async create(client, limit, entry) {
      const created = await change(client.id, entry, async transaction => {
        if (limit !== undefined) {
          await lockWorkspace(transaction, client.workspaceId)
          const { count } = await transaction
            .selectFrom('clients')
            .select(({ fn }) => fn.countAll<string>().as('count'))
            .where('workspace_id', '=', client.workspaceId)
            .executeTakeFirstOrThrow()
          if (Number(count) >= limit) return false
        }
        await transaction.insertInto('clients').values(table.write(client)).execute()
        return true
      })
      return { outcome: created ? 'created' : 'limit_reached' }
    },
    async find(id) {
      const row = await kysely.selectFrom('clients').selectAll().where('id', '=', id).executeTakeFirst()
      return row && table.read(row)
    },
    async workspaces(ids) {
      return new Map((await workspaces([ids])).map(({ id, workspace_id }) => [id, workspace_id]))
    },
    async list(workspaceId) {
      const rows = await kysely
        .selectFrom('clients')
        .selectAll()
        .where('workspace_id', '=', workspaceId)
        .orderBy('created_at')
        .orderBy('id')
        .execute()
      return rows.map(table.read)
    },
    delete(clientId, entry) {
      return change(clientId, entry, async transaction => {
        const { numDeletedRows } = await transaction
          .deleteFrom('clients')
          .where('id', '=', clientId)
          .executeTakeFirst()
        return numDeletedRows > 0n
      })
    },
    async count(workspaceId, source) {
      const { count } = await kysely
        .selectFrom('clients')
        .select(({ fn }) => fn.countAll<string>().as('count'))
        .where('workspace_id', '=', workspaceId)
        .where('source', '=', source)
        .executeTakeFirstOrThrow()
      return Number(count)
    },
    async removeUnused(createdBefore) {
      const unused = ({ exists, not, selectFrom }: ExpressionBuilder<Tables, 'clients'>) => [
        not(
          exists(
            selectFrom('client_users').select('sub').whereRef('client_users.client_id', '=', 'clients.id'),
          ),
        ),
        not(exists(selectFrom('grants').select('grants.id').whereRef('grants.client_id', '=', 'clients.id'))),
      ]
      const removed = await kysely.transaction().execute(async transaction => {
        const locked = await transaction
          .selectFrom('clients')
          .select('id')
          .where('source', '<>', 'managed')
          .where('created_at', '<', createdBefore)
          .where(eb => eb.and(unused(eb)))
          .orderBy('created_at')
          .limit(REMOVED_AT_ONCE)
          .forUpdate()
          .skipLocked()
          .execute()
        if (locked.length === 0) return []
        // Asked again: an approval may have come between the look and the lock. Now that they are locked, none can.
        return await transaction
          .deleteFrom('clients')
          .where(
            'id',
            'in',
            locked.map(({ id }) => id),
          )
          .where(eb => eb.and(unused(eb)))
          .returning('id')
          .execute()
      })
      for (const { id } of removed) notices.tell({ kind: 'client', clientId: id })
      return removed.length
    },
    update(client, entry) {
      const { id, workspace_id, source, created_at, ...columns } = table.write(client)
      return change(id, entry, async transaction => {
        const { numUpdatedRows } = await transaction
          .updateTable('clients')
          .set(columns)
          .where('id', '=', id)
          .executeTakeFirst()
        return numUpdatedRows > 0n
      })
    },

    async secrets(clientId) {
      const rows = await kysely
        .selectFrom('secrets')
        .selectAll()
        .where('client_id', '=', clientId)
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .execute()
      return rows.map(secretsTable.read)
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
        await transaction.insertInto('secrets').values(secretsTable.write(secret)).execute()
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
        await transaction.insertInto('secrets').values(secretsTable.write(secret)).execute()
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

    async domains(clientId) {
      const rows = await kysely
        .selectFrom('domains')
        .selectAll()
        .where('client_id', '=', clientId)
        .orderBy('created_at')
        .orderBy('id')
        .execute()
      return rows.map(domainsTable.read)
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
          .values(domainsTable.write(domain))
          .onConflict(conflict => conflict.columns(['client_id', 'host']).doNothing())
          .executeTakeFirstOrThrow()
        return numInsertedOrUpdatedRows === 1n
      })
      return { outcome: created ? 'created' : refusal }
    },
    updateDomain(domain, entry) {
      const { id, client_id, host, created_at, ...columns } = domainsTable.write(domain)
      return change(client_id, entry, async transaction => {
        const { numUpdatedRows } = await transaction
          .updateTable('domains')
          .set(columns)
          .where('client_id', '=', client_id)
          .where('id', '=', id)
          .executeTakeFirst()
        return numUpdatedRows > 0n
      })
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

    async facts(clientId, secretHash, domain) {
      const [row] = await (domain?.startsWith('dom_') ? factsById : factsByHost)([
        clientId,
        domain ?? null,
        secretHash,
      ])
      if (!row) return undefined
      return {
        client: table.read(row.client),
        workspace: workspacesTable.read(row.workspace),
        secret: secretsTable.read(row.secret),
        domain: row.domain ? domainsTable.read(row.domain) : undefined,
        linkedSecretIds: row.linked_secret_ids ?? [],
      }
    },
  }
}
