import * as crypto from 'node:crypto'
import type { Context } from '../context/context.ts'
import { subjectFor } from '../context/tokens/subject.ts'
import type { Grant, SigningAlgorithm } from '../model/authorization.ts'
import type { Client } from '../model/client.ts'
import type { User } from '../model/user.ts'
import { idTokenClaims } from './claims.ts'
import { signingAlgorithmFor } from './signing-algorithm.ts'

/** What an ID token is about. */
export interface IdTokenSubject {
  readonly client: Client
  readonly grant: Grant
  readonly user: User
  /** Of the authorization request, where these are its first tokens (Core section 12.2). */
  readonly nonce: string | undefined
  /** The access token that goes with it. */
  readonly accessToken: string
}

/** Signs an ID token (OpenID Connect Core section 2), with the algorithm that the client registered. */
export async function idToken(
  context: Context,
  issuer: string,
  { client, grant, user, nonce, accessToken }: IdTokenSubject,
): Promise<string> {
  const alg = idTokenAlgorithm(context, client)
  const now = Math.floor(context.now().getTime() / 1000)
  return context.keys.sign(
    alg,
    {},
    {
      ...(await idTokenClaims(context, { client, grant, user })),
      iss: issuer,
      sub: await subjectFor(context, client, user.sub),
      aud: client.id,
      iat: now,
      exp: now + context.config.lifetimes.idTokenSeconds,
      ...(nonce !== undefined && { nonce }),
      ...(grant.authenticatedAt && { auth_time: Math.floor(grant.authenticatedAt.getTime() / 1000) }),
      ...(grant.parameters.acr !== undefined && { acr: grant.parameters.acr }),
      ...(grant.amr.length > 0 && { amr: grant.amr }),
      ...(grant.sid !== undefined && { sid: grant.sid }),
      at_hash: accessTokenHash(alg, accessToken),
    },
  )
}

export function idTokenAlgorithm(context: Context, client: Client): SigningAlgorithm {
  return signingAlgorithmFor(context, client, client.metadata.id_token_signed_response_alg)
}

/** Core section 3.1.3.6: the left half of the hash that the signature's algorithm uses; Ed25519 uses SHA-512. */
function accessTokenHash(alg: SigningAlgorithm, accessToken: string): string {
  const hash = crypto.hash(alg === 'EdDSA' ? 'sha512' : 'sha256', accessToken, 'buffer')
  return hash.subarray(0, hash.length / 2).toString('base64url')
}
