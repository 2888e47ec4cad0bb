import t from 'tap'
import { BUILT_IN_SCOPES } from '../../src/config/defaults.ts'
import type { KitOptions } from '../../src/config/options.ts'
import { ENDPOINTS } from '../../src/endpoints.ts'
import { GRANT_TYPES } from '../../src/oauth/grants/index.ts'
import { installation } from '../installation.ts'

const EVERYTHING: Partial<KitOptions> = {
  application: { documentationUrl: 'https://docs.example.com', locale: 'nl' },
  oauth: {
    tokenExchange: true,
    authorizationDetails: { payment: { describe: () => 'Pay', problem: () => undefined } },
    registration: { workspaceId: 'ws_1', initialAccessTokens: ['t'.repeat(32)] },
    clientIdMetadataDocuments: { workspaceId: 'ws_1' },
  },
}

async function metadataOf(options: Partial<KitOptions> = {}) {
  const { body } = await installation(options).ask('GET', '/.well-known/openid-configuration')
  return JSON.parse(body)
}

t.test('discovery and RFC 8414 metadata are one document at every address that clients try', async t => {
  for (const [issuer, mountPath] of [
    ['https://id.example.com', ''],
    ['https://example.com/auth', '/auth'],
    ['https://example.com/a/b', '/a/b'],
  ] as const) {
    const { ask } = installation({ issuer })
    const found = await ask('GET', `${mountPath}/.well-known/openid-configuration`)
    t.equal(found.status, 200)
    for (const other of [
      `${mountPath}/.well-known/oauth-authorization-server`,
      `/.well-known/oauth-authorization-server${mountPath}`,
      `/.well-known/openid-configuration${mountPath}`,
    ])
      t.equal((await ask('GET', other)).body, found.body, other)
    const metadata = JSON.parse(found.body)
    t.equal(metadata.issuer, issuer)
    for (const [name, value] of Object.entries(metadata))
      if (name.endsWith('_endpoint') || name === 'jwks_uri') t.ok(`${value}`.startsWith(`${issuer}/`), name)
  }
})

t.test('the endpoints have another address besides where clients show certificates', async t => {
  const mtlsBaseUrl = 'https://mtls.example.com/id'
  const metadata = await metadataOf({ oauth: { mtlsBaseUrl } })
  const { issuer, mtls_endpoint_aliases: aliases } = metadata
  t.strictSame(Object.keys(aliases).sort(), [
    'device_authorization_endpoint',
    'introspection_endpoint',
    'pushed_authorization_request_endpoint',
    'revocation_endpoint',
    'token_endpoint',
    'userinfo_endpoint',
  ])
  for (const [name, alias] of Object.entries(aliases))
    t.equal(alias, metadata[name].replace(issuer, mtlsBaseUrl), name)
  t.notOk('mtls_endpoint_aliases' in (await metadataOf()))
})

t.test('every address in it is one that the kit answers at', async t => {
  const addresses = Object.entries(await metadataOf(EVERYTHING)).filter(
    ([name]) => name.endsWith('_endpoint') || name === 'jwks_uri',
  )
  t.strictSame(addresses.map(([name]) => name).sort(), [
    'authorization_endpoint',
    'device_authorization_endpoint',
    'end_session_endpoint',
    'introspection_endpoint',
    'jwks_uri',
    'pushed_authorization_request_endpoint',
    'registration_endpoint',
    'revocation_endpoint',
    'token_endpoint',
    'userinfo_endpoint',
  ])
  for (const [name, address] of addresses) {
    const { pathname } = new URL(`${address}`)
    t.ok(
      ENDPOINTS.some(({ path }) => path === pathname),
      name,
    )
  }
})

t.test('it says what works', async t => {
  const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA']
  const verified = [...algorithms, 'Ed25519']
  const methods = [
    'client_secret_basic',
    'client_secret_post',
    'private_key_jwt',
    'tls_client_auth',
    'self_signed_tls_client_auth',
  ]
  const metadata = await metadataOf()
  t.match(metadata, {
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'form_post', 'jwt', 'query.jwt', 'form_post.jwt'],
    subject_types_supported: ['public', 'pairwise'],
    acr_values_supported: [String],
    claim_types_supported: ['normal'],
    display_values_supported: ['page'],
    prompt_values_supported: ['none', 'login', 'consent', 'select_account'],
    ui_locales_supported: ['en'],
    code_challenge_methods_supported: ['S256'],
    claims_parameter_supported: true,
    request_parameter_supported: true,
    request_uri_parameter_supported: true,
    require_request_uri_registration: true,
    require_signed_request_object: false,
    require_pushed_authorization_requests: false,
    authorization_response_iss_parameter_supported: true,
    tls_client_certificate_bound_access_tokens: true,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
  })
  for (const name of ['id_token', 'userinfo', 'authorization', 'introspection'])
    t.strictSame(metadata[`${name}_signing_alg_values_supported`], algorithms, name)
  for (const name of ['token', 'introspection', 'revocation'])
    t.strictSame(metadata[`${name}_endpoint_auth_signing_alg_values_supported`], verified, name)
  t.strictSame(metadata.request_object_signing_alg_values_supported, verified)
  t.strictSame(metadata.dpop_signing_alg_values_supported, verified)
  t.strictSame(metadata.token_endpoint_auth_methods_supported, [...methods, 'none'])
  t.strictSame(metadata.revocation_endpoint_auth_methods_supported, [...methods, 'none'])
  t.strictSame(metadata.introspection_endpoint_auth_methods_supported, methods)
  const { introspect, ...scopes } = BUILT_IN_SCOPES
  t.ok(introspect, 'is for clients alone, and no token carries it')
  t.strictSame(metadata.scopes_supported, [...Object.keys(scopes), 'orders:read', 'orders:write'])
  for (const claim of ['sub', 'auth_time', 'acr', 'email', 'address', 'phone_number_verified', 'updated_at'])
    t.ok(metadata.claims_supported.includes(claim), claim)
  t.equal(new Set(metadata.claims_supported).size, metadata.claims_supported.length)
})

t.test('what is not offered is not named, and what the configuration offers is', async t => {
  const grants = GRANT_TYPES.map(({ name }) => name)
  const plain = await metadataOf()
  for (const name of [
    'registration_endpoint',
    'client_id_metadata_document_supported',
    'authorization_details_types_supported',
    'service_documentation',
  ])
    t.notOk(name in plain, name)
  t.strictSame(
    plain.grant_types_supported,
    grants.filter(name => !name.endsWith('token-exchange')),
  )
  t.match(await metadataOf(EVERYTHING), {
    registration_endpoint: 'https://id.example.com/oauth/register',
    client_id_metadata_document_supported: true,
    authorization_details_types_supported: ['payment'],
    service_documentation: 'https://docs.example.com',
    ui_locales_supported: ['nl'],
    grant_types_supported: grants,
  })
})

t.test('claims of a host with users of its own are all the standard ones', async t => {
  const { claims_supported } = await metadataOf({
    accounts: {
      find: async () => undefined,
      signIn: async () => undefined,
      claims: async () => ({}),
    },
  })
  for (const claim of ['nickname', 'zoneinfo', 'website', 'email'])
    t.ok(claims_supported.includes(claim), claim)
})

t.test('the keys are public, and everybody may read and cache these documents', async t => {
  const { ask } = installation()
  const paths = [
    '/.well-known/openid-configuration',
    '/.well-known/oauth-authorization-server',
    '/.well-known/jwks.json',
  ]
  for (const path of paths) {
    const { status, headers } = await ask('GET', path)
    t.equal(status, 200)
    t.match(headers, {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'public, max-age=300',
      'access-control-allow-origin': '*',
    })
  }
  const { keys } = JSON.parse((await ask('GET', '/.well-known/jwks.json')).body)
  t.equal(keys.length, 4)
  t.ok(keys.every((key: object) => !('d' in key)))
})

t.test('in development the issuer is the address that the caller used', async t => {
  const { ask } = installation({ issuer: undefined })
  const asked = { origin: 'http://localhost:3000', mountPath: '/auth' }
  const { body } = await ask('GET', '/auth/.well-known/openid-configuration', asked)
  t.match(JSON.parse(body), {
    issuer: 'http://localhost:3000/auth',
    token_endpoint: 'http://localhost:3000/auth/oauth/token',
  })
})
