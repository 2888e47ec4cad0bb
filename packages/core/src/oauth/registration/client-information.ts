import type { Call } from '../../context/endpoint.ts'
import type { Client } from '../../model/client.ts'
import { REGISTRATION_PATH } from './registration-path.ts'

/**
 * What a client is told of itself: all of its metadata as they are registered, whatever it asked for (RFC 7591 section
 * 3.2.1), with what it manages itself by (RFC 7592 section 3).
 */
export function clientInformation(
  { baseUrl }: Call,
  client: Client,
  { token, secret }: { readonly token: string; readonly secret: string | undefined },
): object {
  return {
    client_id: client.id,
    client_id_issued_at: Math.floor(client.createdAt.getTime() / 1000),
    // RFC 7591 section 3.2.1: 0 is for a secret that does not expire.
    ...(secret !== undefined && { client_secret: secret, client_secret_expires_at: 0 }),
    registration_access_token: token,
    registration_client_uri: `${baseUrl}${REGISTRATION_PATH}?client_id=${encodeURIComponent(client.id)}`,
    client_name: client.name,
    redirect_uris: client.redirectUris,
    grant_types: client.grantTypes,
    response_types: client.grantTypes.includes('authorization_code') ? ['code'] : [],
    scope: client.scopes.join(' '),
    client_uri: client.uri,
    logo_uri: client.logoUri,
    policy_uri: client.policyUri,
    tos_uri: client.tosUri,
    ...client.metadata,
  }
}
