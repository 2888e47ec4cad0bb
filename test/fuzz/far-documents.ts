import type { Json } from './draft.ts'
import type { Documents } from './far-side.ts'
import type { PartyIntroduction } from './introduction.ts'
import { CODE_CHALLENGE } from './introduction.ts'
import { jwt, signingKey } from './jose.ts'
import { publicKeys } from './parties.ts'
import { calm } from './random.ts'

/** What the clients' server has: once as it should be, and once to be spoiled. */
export function farDocuments(url: string, { id, redirectUri, jwks }: PartyIntroduction): Documents {
  const documents: [string, Json][] = []
  for (const place of ['good', 'bad']) {
    const own = (name: string) => `${url}/${place}/${name}`
    const documented = { redirect_uris: [redirectUri], scope: 'openid profile email offline_access' }
    documents.push(
      [`/${place}/jwks`, publicKeys(jwks)],
      [`/${place}/sector`, [redirectUri, 'https://shop.example.com/other']],
      [`/${place}/request`, requestObject(id, redirectUri, jwks)],
      [
        `/${place}/app`,
        {
          ...documented,
          client_id: own('app'),
          client_name: 'App',
          client_uri: url,
          grant_types: ['authorization_code', 'refresh_token'],
          token_endpoint_auth_method: 'none',
        },
      ],
      [
        `/${place}/web`,
        {
          ...documented,
          client_id: own('web'),
          client_name: 'Web',
          jwks: publicKeys(jwks),
          token_endpoint_auth_method: 'private_key_jwt',
          sector_identifier_uri: own('sector'),
        },
      ],
    )
  }
  return Object.fromEntries(documents)
}

function requestObject(clientId: string, redirectUri: string, jwks: PartyIntroduction['jwks']): string {
  const [jwk = {}] = jwks
  const claims = {
    iss: clientId,
    client_id: clientId,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: 'openid',
    code_challenge: CODE_CHALLENGE,
    code_challenge_method: 'S256',
  }
  return jwt(signingKey('EdDSA', jwk), { kid: jwk.kid ?? null }, claims, calm(), 0)
}
