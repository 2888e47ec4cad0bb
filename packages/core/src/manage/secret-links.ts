import { auditEntry } from '../context/audit-entry.ts'
import type { Client, Domain, Secret } from '../model/client.ts'
import type { ManageEnvironment } from './environment.ts'
import { existingClient, existingDomain, existingSecret } from './existing.ts'

/** Which secret may be used on which domain. It matters where the client links secrets to domains; rule 6. */
export interface SecretLinkInput {
  readonly clientId: string
  readonly secretId: string
  /** The domain's id or its host. */
  readonly domain: string
}

/**
 * Lets a secret work on a domain of the same client. Linking again changes nothing.
 * @throws {InputError} `client_not_found`, `secret_not_found` or `domain_not_found`
 */
export async function linkSecret(
  environment: ManageEnvironment,
  input: SecretLinkInput,
): Promise<{ readonly secret: Secret; readonly domain: Domain }> {
  const client = await existingClient(environment, input.clientId)
  const secret = await existingSecret(environment, client, input.secretId)
  const domain = await existingDomain(environment, client, input.domain)
  await storeLink(environment, client, secret, domain)
  return { secret, domain }
}

/** Stores the link between a secret and a domain that are known to be the client's. */
export async function storeLink(
  environment: ManageEnvironment,
  client: Client,
  secret: Secret,
  domain: Domain,
): Promise<void> {
  await environment.storage.clients.linkSecret(
    client.id,
    secret.id,
    domain.id,
    auditEntry(environment, {
      action: 'secret.linked',
      workspaceId: client.workspaceId,
      target: secret.id,
      after: { clientId: client.id, secretId: secret.id, domainId: domain.id, host: domain.host },
    }),
  )
}

/** The client's domains that a secret which works at present is linked to. */
export async function linkedDomains(environment: ManageEnvironment, client: Client): Promise<Domain[]> {
  const { clients } = environment.storage
  const domains = await clients.domains(client.id)
  const live = (await clients.secrets(client.id)).filter(secret => isLive(secret, environment.now))
  const [proof] = live
  if (proof === undefined) return []
  const facts = await Promise.all(domains.map(domain => clients.facts(client.id, proof.hash, domain.id)))
  return domains.filter((_, index) => live.some(({ id }) => facts[index]?.linkedSecretIds.includes(id)))
}

function isLive(secret: Secret, now: Date): boolean {
  return secret.revokedAt === undefined && (secret.expiresAt === undefined || secret.expiresAt > now)
}
