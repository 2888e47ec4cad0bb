import t from 'tap'
import { BUILT_IN_SCOPES } from '../../src/config/defaults.ts'
import { ENDPOINTS } from '../../src/endpoints.ts'
import { installation } from '../installation.ts'

t.test('discovery and RFC 8414 metadata are one document, under the issuer to the letter', async t => {
  for (const [issuer, mountPath] of [
    ['https://id.example.com', ''],
    ['https://example.com/auth', '/auth'],
  ] as const) {
    const { ask } = installation({ issuer })
    const found = await ask('GET', `${mountPath}/.well-known/openid-configuration`)
    const again = await ask('GET', `${mountPath}/.well-known/oauth-authorization-server`)
    const inserted = await ask('GET', `/.well-known/oauth-authorization-server${mountPath}`)
    t.equal(found.status, 200)
    t.equal(again.body, found.body)
    t.equal(inserted.body, found.body)
    const metadata = JSON.parse(found.body)
    t.equal(metadata.issuer, issuer)
    for (const [name, value] of Object.entries(metadata))
      if (name.endsWith('_endpoint') || name === 'jwks_uri') t.ok(`${value}`.startsWith(`${issuer}/`), name)
  }
})

t.test('every address in it is one that the kit answers at', async t => {
  const { ask } = installation()
  const metadata = JSON.parse((await ask('GET', '/.well-known/openid-configuration')).body)
  const addresses = Object.entries(metadata).filter(
    ([name]) => name.endsWith('_endpoint') || name === 'jwks_uri',
  )
  t.ok(addresses.length >= 4)
  for (const [name, address] of addresses) {
    const { pathname } = new URL(`${address}`)
    t.ok(
      ENDPOINTS.some(({ path }) => path === pathname),
      name,
    )
  }
})

t.test('it says what works, and says of what does not that it does not', async t => {
  const { ask } = installation({ application: { documentationUrl: 'https://docs.example.com' } })
  const metadata = JSON.parse((await ask('GET', '/.well-known/openid-configuration')).body)
  t.match(metadata, {
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256', 'ES256'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
    code_challenge_methods_supported: ['S256'],
    claims_parameter_supported: false,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    authorization_response_iss_parameter_supported: true,
    service_documentation: 'https://docs.example.com',
  })
  t.strictSame(metadata.scopes_supported, [...Object.keys(BUILT_IN_SCOPES), 'orders:read', 'orders:write'])
  t.ok(metadata.claims_supported.includes('sub'))
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
  t.equal(keys.length, 2)
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
