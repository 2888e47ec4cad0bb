import { type AuditedChange, auditEntry } from '../../context/audit-entry.ts'
import { issueSecret } from '../../context/clients/issue-secret.ts'
import type { Context } from '../../context/context.ts'
import type { Call } from '../../context/endpoint.ts'
import { addressText } from '../../lib/ip.ts'
import type { Client } from '../../model/client.ts'
import type { AuditEntry } from '../../model/usage.ts'

/** The audit entry of what a client does to itself. */
export function registrationAudit(
  { now }: Context,
  { request }: Call,
  client: Client,
  change: Omit<AuditedChange, 'target' | 'workspaceId'> & { readonly target?: string },
): AuditEntry {
  const author = { now: now(), actor: client.id, ip: addressText(request.ip) }
  return auditEntry(author, { target: client.id, workspaceId: client.workspaceId, ...change })
}

/** Gives a client a secret, and answers the value that nothing can show again. */
export async function giveSecret(context: Context, call: Call, client: Client): Promise<string> {
  const { secret, value } = issueSecret(context.now(), { clientId: client.id, name: 'Registration' })
  const change = { action: 'secret.created', target: secret.id, after: secret }
  const audit = registrationAudit(context, call, client, change)
  await context.storage.clients.addSecret(secret, undefined, audit)
  return value
}

/** Takes a client's secrets away, where it proves itself in another way from now on. */
export async function revokeSecrets(context: Context, call: Call, client: Client): Promise<void> {
  const now = context.now()
  for (const secret of await liveSecrets(context, client)) {
    const change = {
      action: 'secret.revoked',
      target: secret.id,
      before: secret,
      after: { ...secret, revokedAt: now },
    }
    const audit = registrationAudit(context, call, client, change)
    await context.storage.clients.revokeSecret(client.id, secret.id, now, audit)
  }
}

/** The secrets of a client that work now. */
export async function liveSecrets({ storage, now }: Context, { id }: Client) {
  const time = now()
  return (await storage.clients.secrets(id)).filter(
    ({ revokedAt, expiresAt }) => revokedAt === undefined && (expiresAt === undefined || expiresAt > time),
  )
}
