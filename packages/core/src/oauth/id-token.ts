import { SignJWT } from 'jose'
import type { Context } from '../context/context.ts'
import type { Grant, SigningKey } from '../model/authorization.ts'
import type { Client } from '../model/client.ts'

/** The algorithms that ID tokens can be signed with. */
export const ID_TOKEN_ALGORITHMS = ['RS256', 'ES256'] as const

/** Signs an ID token about a grant (OpenID Connect Core section 2), with the algorithm that the client registered. */
export async function idToken(
  context: Context,
  issuer: string,
  client: Client,
  grant: Grant,
  nonce: string | undefined,
): Promise<string> {
  const wanted = client.metadata.id_token_signed_response_alg
  const alg: SigningKey['alg'] = ID_TOKEN_ALGORITHMS.find(candidate => candidate === wanted) ?? 'RS256'
  const signer = await context.keys.signer(alg)
  const now = Math.floor(context.now().getTime() / 1000)
  return new SignJWT({
    ...(nonce !== undefined && { nonce }),
    ...(grant.authenticatedAt && { auth_time: Math.floor(grant.authenticatedAt.getTime() / 1000) }),
    ...(grant.amr.length > 0 && { amr: grant.amr }),
    ...(grant.sid !== undefined && { sid: grant.sid }),
  })
    .setProtectedHeader({ alg: signer.alg, kid: signer.kid })
    .setIssuer(issuer)
    .setSubject(grant.sub ?? '')
    .setAudience(client.id)
    .setIssuedAt(now)
    .setExpirationTime(now + context.config.lifetimes.idTokenSeconds)
    .sign(signer.privateKey)
}
