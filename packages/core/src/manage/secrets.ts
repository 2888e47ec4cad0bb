import * as z from 'zod'
import { auditEntry } from '../context/audit-entry.ts'
import { checkInput } from '../context/check-input.ts'
import { type IssuedSecret, issueSecret } from '../context/clients/issue-secret.ts'
import { InputError } from '../errors.ts'
import { label, text } from '../lib/schema.ts'
import type { Client } from '../model/client.ts'
import type { ManageEnvironment } from './environment.ts'
import {
  existingClient,
  existingSecret,
  existingWorkspace,
  limitReached,
  planOf,
  vanished,
} from './existing.ts'
import { linkedDomains, storeLink } from './secret-links.ts'

const DAY_SECONDS = 86_400

/** What {@link createSecret} is told. */
export interface SecretInput {
  readonly clientId: string
  /** Default: the day (UTC), such as `2026-01-31`. */
  readonly name?: string
  /** One second to ten years. Default: it does not expire. */
  readonly expiresInSeconds?: number
}

/** What {@link rotateSecret} is told. */
export interface RotationInput extends SecretInput {
  /** How long the client's other secrets go on working: at most 90 days. Default: one day. */
  readonly overlapSeconds?: number
}

const seconds = (least: number, most: number) =>
  z
    .int('must be a whole number of seconds')
    .min(least, `must be at least ${least} seconds`)
    .max(most, `must be at most ${most / DAY_SECONDS} days`)

const secretInput = z.strictObject({
  clientId: text(),
  name: label.optional(),
  expiresInSeconds: seconds(1, 3650 * DAY_SECONDS).optional(),
})
const rotationInput = secretInput.extend({
  overlapSeconds: seconds(0, 90 * DAY_SECONDS).default(DAY_SECONDS),
})

/**
 * Gives a confidential client a further secret.
 * @throws {InputError} `invalid_input`, `client_not_found`, `public_client`, `unknown_plan` or `secret_limit_reached`
 */
export async function createSecret(
  environment: ManageEnvironment,
  input: SecretInput,
): Promise<IssuedSecret> {
  const fields = checkInput(secretInput, input)
  const client = await confidentialClient(environment, fields.clientId)
  const plan = planOf(environment, await existingWorkspace(environment, client.workspaceId))
  const issued = issueSecret(environment.now, fields)
  const audit = auditEntry(environment, {
    action: 'secret.created',
    workspaceId: client.workspaceId,
    target: issued.secret.id,
    after: issued.secret,
  })
  const { outcome } = await environment.storage.clients.addSecret(issued.secret, plan.secrets, audit)
  if (outcome === 'limit_reached') {
    throw limitReached(
      'secret_limit_reached',
      plan,
      `${plan.secrets} live secrets of one client`,
      'Revoke one that is not used any more, or rotate instead.',
    )
  }
  return issued
}

/**
 * Gives a client a new secret in place of its others, which go on working for the overlap, so that nothing has to change
 * at the same moment. The new one works on every domain that the others are linked to. Plans do not limit rotation.
 * @throws {InputError} `invalid_input`, `client_not_found` or `public_client`
 */
export async function rotateSecret(
  environment: ManageEnvironment,
  input: RotationInput,
): Promise<IssuedSecret> {
  const { overlapSeconds, ...fields } = checkInput(rotationInput, input)
  const client = await confidentialClient(environment, fields.clientId)
  const domains = await linkedDomains(environment, client)
  const issued = issueSecret(environment.now, fields)
  const othersExpireAt = later(environment.now, overlapSeconds)
  const audit = auditEntry(environment, {
    action: 'secret.rotated',
    workspaceId: client.workspaceId,
    target: issued.secret.id,
    after: { ...issued.secret, othersExpireAt },
  })
  await environment.storage.clients.rotateSecret(issued.secret, othersExpireAt, audit)
  for (const domain of domains) await storeLink(environment, client, issued.secret, domain)
  return issued
}

/**
 * Revokes a secret for good. Revoking it again changes nothing.
 * @throws {InputError} `client_not_found` or `secret_not_found`
 */
export async function revokeSecret(
  environment: ManageEnvironment,
  input: { readonly clientId: string; readonly secretId: string },
): Promise<{ readonly outcome: 'revoked' | 'already_revoked' }> {
  const client = await existingClient(environment, input.clientId)
  const before = await existingSecret(environment, client, input.secretId)
  const audit = auditEntry(environment, {
    action: 'secret.revoked',
    workspaceId: client.workspaceId,
    target: before.id,
    before,
    after: { ...before, revokedAt: environment.now },
  })
  const { clients } = environment.storage
  const { outcome } = await clients.revokeSecret(client.id, before.id, environment.now, audit)
  if (outcome === 'not_found') throw vanished('secret', before.id)
  return { outcome }
}

/** RFC 6749 section 2.1: a public client cannot keep a secret, so it gets none. */
async function confidentialClient(environment: ManageEnvironment, id: string): Promise<Client> {
  const client = await existingClient(environment, id)
  if (client.type === 'confidential') return client
  throw new InputError(
    'public_client',
    `The client ${id} is public: it has no secrets, and proves itself with PKCE (RFC 7636).`,
    { clientId: 'is a public client' },
  )
}

function later(time: Date, seconds: number): Date {
  return new Date(time.getTime() + seconds * 1000)
}
