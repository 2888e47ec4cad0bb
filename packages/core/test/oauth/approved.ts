import { sha256 } from '../../src/lib/hash.ts'
import { randomToken } from '../../src/lib/random.ts'
import type { Code } from '../../src/model/authorization.ts'
import type { Client } from '../../src/model/client.ts'
import type { User } from '../../src/model/user.ts'
import { CALLBACK, type Installation } from '../installation.ts'
import { proofKey } from './partner.ts'

/** What stands in storage when a user has just said yes, without the pages that led there. */
export async function approvedCode(
  { storage, now }: Installation,
  client: Client,
  user: User,
  over: Partial<Code> = {},
): Promise<Readonly<Record<string, string>>> {
  const value = randomToken()
  const { verifier, challenge } = proofKey()
  const scopes = over.scopes ?? ['openid', 'email', 'offline_access']
  const approval = { scopes, claims: [], resources: [], authorizationDetails: [] }
  await storage.clientUsers.approve(client.id, user.sub, approval, now())
  await storage.codes.create({
    hash: sha256(value),
    flow: 'authorization_code',
    clientId: client.id,
    domainId: undefined,
    sub: user.sub,
    sid: 'sid_1',
    authenticatedAt: now(),
    amr: ['pwd'],
    redirectUri: CALLBACK,
    createdAt: now(),
    expiresAt: new Date(now().getTime() + 600_000),
    ...over,
    scopes,
    parameters: { redirect_uri_given: 'true', code_challenge: challenge, ...over.parameters },
  })
  return { grant_type: 'authorization_code', code: value, redirect_uri: CALLBACK, code_verifier: verifier }
}
