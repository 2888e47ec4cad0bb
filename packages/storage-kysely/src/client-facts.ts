import type { Clients } from '@xwms/core'
import type { Database } from './database.ts'
import {
  clients as clientsTable,
  domains as domainsTable,
  secrets as secretsTable,
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

/** All that the rule chain asks of a caller, in one statement; the hot path. */
export function clientFacts({ schema, prepared }: Database): Clients['facts'] {
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

  return async (clientId, secretHash, domain) => {
    const [row] = await (domain?.startsWith('dom_') ? factsById : factsByHost)([
      clientId,
      domain ?? null,
      secretHash,
    ])
    if (!row) return undefined
    return {
      client: clientsTable.read(row.client),
      workspace: workspacesTable.read(row.workspace),
      secret: secretsTable.read(row.secret),
      domain: row.domain ? domainsTable.read(row.domain) : undefined,
      linkedSecretIds: row.linked_secret_ids ?? [],
    }
  }
}
