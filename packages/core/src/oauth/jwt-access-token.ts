import { v4 as uuid } from 'uuid'
import type { Context, Resource } from '../context/context.ts'
import { tokenDetails } from '../context/tokens/authorization-details.ts'
import { subjectFor } from '../context/tokens/subject.ts'
import type { AccessToken, Grant } from '../model/authorization.ts'
import type { Client } from '../model/client.ts'

/** Writes an access token as a JWT (RFC 9068 section 2), for resource servers that check tokens themselves. */
export async function jwtAccessToken(
  context: Context,
  issuer: string,
  client: Client,
  grant: Grant,
  token: Omit<AccessToken, 'hash'>,
  signingAlgorithm: Resource['signingAlgorithm'],
): Promise<string> {
  const { act, acr } = grant.parameters
  const details = tokenDetails(token, grant)
  const { audience, scopes, confirmation } = token
  return context.keys.sign(
    signingAlgorithm,
    { typ: 'at+jwt' },
    {
      iss: issuer,
      // RFC 9068 section 2.2: where no user is involved, the client is the subject.
      sub: grant.sub === undefined ? client.id : await subjectFor(context, client, grant.sub),
      aud: audience.length === 1 ? audience[0] : audience,
      client_id: client.id,
      iat: seconds(token.createdAt),
      exp: seconds(token.expiresAt),
      jti: uuid(),
      ...(scopes.length > 0 && { scope: scopes.join(' ') }),
      ...(grant.authenticatedAt && { auth_time: seconds(grant.authenticatedAt) }),
      ...(acr !== undefined && { acr }),
      ...(grant.amr.length > 0 && { amr: grant.amr }),
      ...(details !== undefined && { authorization_details: JSON.parse(details) }),
      ...(confirmation !== undefined && { cnf: confirmation }),
      ...(act !== undefined && { act: JSON.parse(act) }),
    },
  )
}

function seconds(time: Date): number {
  return Math.floor(time.getTime() / 1000)
}
