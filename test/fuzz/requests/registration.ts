import type { Json } from '../draft.ts'
import type { Material } from '../material.ts'
import type { Random } from '../random.ts'
import type { Party } from '../scene.ts'
import { spoilJson } from '../structure.ts'
import type { Contents } from './content.ts'

type Metadata = { [name: string]: Json }

export const REGISTRATION: Contents = {
  'POST /oauth/register': (material, random) => ({
    json: spoiledMetadata(clientMetadata(material, random), random),
    headers: {
      authorization: `Bearer ${material.initialAccessToken}`,
      'x-forwarded-for': someAddress(random),
    },
  }),
  'GET /oauth/register': (material, random) => registered(material, random),
  'PUT /oauth/register': (material, random) => {
    const { clientId, secret, query, headers } = registered(material, random)
    const json = {
      ...clientMetadata(material, random),
      client_id: clientId,
      ...(secret !== undefined && random.chance(0.2) && { client_secret: secret }),
    }
    return { query, headers, json: spoiledMetadata(json, random) }
  },
  // Most are about a client that is not there, because each client can be deleted but once.
  'DELETE /oauth/register': (material, random) => registered(material, random, material.doomed),
}

function registered(
  { registrations, documentClients, parties }: Material,
  random: Random,
  among = registrations,
) {
  const { clientId, token, secret } = random.pick(among)
  const id = random.spoils(0.05) ? random.pick([...documentClients, parties.shop.id]) : clientId
  const query: [string, string][] = [['client_id', id]]
  return { clientId, secret, query, headers: { authorization: `Bearer ${token}` } }
}

/** Addresses that are limited one by one (RFC 5737, RFC 3849). */
export function someAddress(random: Random): string {
  const part = () => random.below(256)
  return random.chance(0.8)
    ? `10.${part()}.${part()}.${part()}`
    : `2001:db8:${part().toString(16)}:${part().toString(16)}::1`
}

/** RFC 7591 section 2, OpenID Connect Dynamic Client Registration section 2. */
export function clientMetadata(
  { farSide, parties }: Pick<Material, 'farSide' | 'parties'>,
  random: Random,
): Metadata {
  const web = random.chance(0.8)
  const uris = web
    ? ['https://client.example.com/callback', 'https://client.example.com/other?a=b']
    : ['com.example.client:/callback', 'http://127.0.0.1:1234/callback']
  const some = (share: number, members: Metadata): Metadata => (random.chance(share) ? members : {})
  const method = random.pick(['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'])
  return {
    redirect_uris: uris.slice(0, 1 + random.below(2)),
    ...some(0.8, { client_name: 'Example <client>' }),
    ...some(0.8, { token_endpoint_auth_method: method }),
    ...some(0.5, { grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] }),
    ...some(0.5, { scope: 'openid profile email offline_access' }),
    ...some(0.3, {
      client_uri: 'https://client.example.com/',
      logo_uri: 'https://client.example.com/logo.png',
    }),
    ...some(0.3, {
      policy_uri: 'https://client.example.com/policy',
      tos_uri: 'https://client.example.com/terms',
    }),
    ...some(0.3, { contacts: ['ann@example.com', 'help desk'], software_id: 'a', software_version: '1.2' }),
    ...some(0.2, { application_type: web ? 'web' : 'native' }),
    ...some(0.2, { subject_type: random.pick(['public', 'pairwise']) }),
    ...some(0.05, { sector_identifier_uri: `${farSide}/${random.pick(['good', 'bad'])}/sector` }),
    ...some(0.2, { id_token_signed_response_alg: random.pick(['RS256', 'PS256', 'ES256', 'EdDSA']) }),
    ...some(0.2, { userinfo_signed_response_alg: 'ES256', authorization_signed_response_alg: 'EdDSA' }),
    ...some(0.2, {
      default_max_age: 3600,
      require_auth_time: true,
      default_acr_values: ['urn:xwms:acr:password'],
    }),
    ...some(0.1, { initiate_login_uri: 'https://client.example.com/start' }),
    ...some(0.1, { request_uris: ['https://client.example.com/request#1'] }),
    ...some(0.2, { post_logout_redirect_uris: ['https://client.example.com/left'] }),
    ...some(0.2, { backchannel_logout_uri: `${farSide}/logout`, backchannel_logout_session_required: true }),
    ...some(0.2, { dpop_bound_access_tokens: true, authorization_details_types: ['payment'] }),
    ...some(0.1, { 'client_name#nl': 'Voorbeeld', unknown: { a: [1] } }),
    ...keys(parties.signer, method, random, farSide),
  }
}

function keys({ keys }: Party, method: string, random: Random, farSide: string): Metadata {
  if (method !== 'private_key_jwt' && random.chance(0.8)) return {}
  if (random.chance(0.2)) return { jwks_uri: `${farSide}/good/jwks` }
  return { jwks: { keys: keys.map(({ publicJwk }) => publicJwk) } }
}

function spoiledMetadata(metadata: Metadata, random: Random): Metadata {
  if (!random.spoils(0.5)) return metadata
  const changed = structuredClone(metadata)
  do spoilJson(changed, random)
  while (random.chance(0.4))
  return changed
}
