import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { sha256 } from '../../../src/lib/hash.ts'
import { installation, NOW } from '../../installation.ts'
import { INITIAL_TOKEN, METADATA, REDIRECT_URI, REGISTER, registrar } from './registrar.ts'

const KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const PUBLIC_JWK = KEY.publicKey.export({ format: 'jwk' })

t.test('registration is off unless it is configured', async t => {
  const { ask } = installation()
  const { status, body } = await ask('POST', REGISTER, { json: METADATA })
  t.equal(status, 404)
  t.match(JSON.parse(body), { error: 'registration_disabled' })
  t.equal((await ask('GET', REGISTER, { query: { client_id: 'cl_1' } })).status, 404)
})

t.test('an initial access token is needed', async t => {
  const { register, storage, workspaceId } = await registrar()
  const wrong = ['', 'Bearer', 'Bearer wrong', `Basic ${INITIAL_TOKEN}`, `Bearer ${INITIAL_TOKEN}x`]
  for (const authorization of wrong) {
    const { status, headers, json } = await register(METADATA, { headers: { authorization } })
    t.equal(status, 401, authorization)
    t.match(headers['www-authenticate'], /^Bearer realm="XWMS"/)
    t.equal(json.error, 'invalid_token')
  }
  const none = await register(METADATA, { headers: {} })
  t.equal(none.status, 401)
  t.equal(none.headers['www-authenticate'], 'Bearer realm="XWMS"', 'who sent no token is told of no error')
  t.equal(await storage.clients.count(workspaceId, 'registration'), 0)
})

t.test('each of several initial access tokens works', async t => {
  const other = 'another-initial-access-token-of-32-characters'
  const { register } = await registrar({ initialAccessTokens: [INITIAL_TOKEN, other] })
  for (const token of [INITIAL_TOKEN, other])
    t.equal((await register(METADATA, { headers: { authorization: `bearer ${token}` } })).status, 201)
})

t.test('a registered client is told everything about itself, defaults included', async t => {
  const { register, storage, workspaceId } = await registrar()
  const { status, headers, json } = await register()
  t.equal(status, 201)
  t.match(headers, { 'content-type': /^application\/json/, 'cache-control': 'no-store', pragma: 'no-cache' })
  const { client_id, client_secret, registration_access_token, registration_client_uri, ...rest } = json
  t.match(client_id, /^cl_/)
  t.match(client_secret, /^xwms_sk_[0-9A-Za-z]{49}$/)
  t.equal(registration_client_uri, `https://id.example.com/oauth/register?client_id=${client_id}`)
  t.strictSame(rest, {
    client_id_issued_at: Math.floor(NOW.getTime() / 1000),
    client_secret_expires_at: 0,
    client_name: 'app.example.com',
    redirect_uris: [REDIRECT_URI],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    scope: 'openid profile email address phone offline_access',
    token_endpoint_auth_method: 'client_secret_basic',
    application_type: 'web',
  })
  const client = await storage.clients.find(client_id)
  t.match(client, {
    workspaceId,
    source: 'registration',
    type: 'confidential',
    profile: 'openid',
    requirePkce: false,
    enabled: true,
    registrationTokenHash: sha256(registration_access_token),
  })
  t.match(await storage.clients.secrets(client_id), [{ hash: sha256(client_secret) }])
})

t.test('nothing secret stands in the audit', async t => {
  const { register, storage, workspaceId } = await registrar()
  const { json } = await register()
  const audit = await storage.audit.list(workspaceId, 10)
  t.match(
    audit
      .filter(({ actor }) => actor === json.client_id)
      .map(({ action }) => action)
      .sort(),
    ['client.created', 'secret.created'],
  )
  const text = JSON.stringify(audit)
  for (const secret of [json.client_secret, json.registration_access_token])
    t.notOk(text.includes(secret) || text.includes(sha256(secret)))
})

t.test('all metadata are echoed, and those that nobody knows are ignored', async t => {
  const { register, storage } = await registrar()
  const metadata = {
    redirect_uris: [REDIRECT_URI, 'http://localhost:3000/callback'],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    response_types: ['code'],
    client_name: 'Shop',
    client_uri: 'https://app.example.com',
    logo_uri: 'https://app.example.com/logo.svg',
    policy_uri: 'https://app.example.com/privacy',
    tos_uri: 'https://app.example.com/terms',
    contacts: ['ann@example.com'],
    scope: 'openid email',
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    jwks: { keys: [{ ...PUBLIC_JWK, kid: '1' }] },
    software_id: '4711',
    software_version: '1.0',
    subject_type: 'pairwise',
    sector_identifier_uri: undefined,
    application_type: 'web',
    id_token_signed_response_alg: 'ES256',
    userinfo_signed_response_alg: 'RS256',
    request_object_signing_alg: 'PS256',
    default_max_age: 3600,
    require_auth_time: true,
    default_acr_values: ['urn:xwms:acr:password'],
    initiate_login_uri: 'https://app.example.com/login',
    request_uris: ['https://app.example.com/request#hash'],
    post_logout_redirect_uris: ['https://app.example.com/bye'],
    backchannel_logout_uri: 'https://app.example.com/logout',
    backchannel_logout_session_required: true,
    dpop_bound_access_tokens: true,
  }
  const { status, json } = await register({
    ...metadata,
    redirect_uris: [REDIRECT_URI],
    'client_name#de': 'Laden',
    id_token_encrypted_response_alg: 'RSA-OAEP',
    'x-unknown': { deep: [1, '\0'] },
  })
  t.equal(status, 201, JSON.stringify(json))
  t.match(json, { ...metadata, redirect_uris: [REDIRECT_URI] })
  for (const name of ['client_name#de', 'id_token_encrypted_response_alg', 'x-unknown', 'client_secret'])
    t.notOk(name in json, name)
  t.match(await storage.clients.find(json.client_id), {
    name: 'Shop',
    logoUri: metadata.logo_uri,
    scopes: ['openid', 'email'],
    metadata: { subject_type: 'pairwise', jwks: metadata.jwks },
  })
})

t.test('null and empty are as good as left out', async t => {
  const { register } = await registrar()
  const { status, json } = await register({ ...METADATA, client_name: null, logo_uri: '', jwks: null })
  t.equal(status, 201)
  t.notOk('logo_uri' in json)
})

t.test('a public client gets no secret, and must use PKCE', async t => {
  const { register, storage } = await registrar()
  const { json } = await register({
    redirect_uris: ['com.example.app:/callback', 'http://127.0.0.1/callback'],
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
  })
  t.match(json, { token_endpoint_auth_method: 'none', application_type: 'native' })
  t.notOk('client_secret' in json || 'client_secret_expires_at' in json)
  t.match(await storage.clients.find(json.client_id), { type: 'public', requirePkce: true })
})

t.test('a client without openid is one of OAuth 2.1, and must use PKCE', async t => {
  const { register, storage } = await registrar({ scopes: ['orders:read', 'openid'] })
  const { json } = await register({ ...METADATA, scope: 'orders:read' })
  t.match(await storage.clients.find(json.client_id), { profile: 'oauth2.1', requirePkce: true })
})

t.test('a client without users needs no redirect URI', async t => {
  const { register } = await registrar()
  const { status, json } = await register({ grant_types: ['client_credentials'] })
  t.equal(status, 201)
  t.match(json, { response_types: [], redirect_uris: [], client_name: 'Application without a name' })
})

t.test('scopes are those that were asked for and may be given', async t => {
  const { register } = await registrar({ scopes: ['openid', 'email'] })
  t.equal((await register()).json.scope, 'openid email')
  t.equal((await register({ ...METADATA, scope: 'email profile orders:write' })).json.scope, 'email')
  t.match((await register({ ...METADATA, scope: 'orders:write' })).json, {
    error: 'invalid_client_metadata',
    error_description: 'scope must have one of openid, email.',
  })
})

t.test('what is refused, and with which error', async t => {
  const { register, storage, workspaceId } = await registrar()
  const refused: [metadata: object, error: string, description: RegExp][] = [
    [{}, 'invalid_redirect_uri', /redirect_uris is required/],
    [{ redirect_uris: [] }, 'invalid_redirect_uri', /required/],
    [{ redirect_uris: 'https://app.example.com' }, 'invalid_redirect_uri', /must be a list/],
    [{ redirect_uris: [7] }, 'invalid_redirect_uri', /must be text/],
    [{ redirect_uris: [`${REDIRECT_URI}#top`] }, 'invalid_redirect_uri', /fragment/],
    [{ redirect_uris: ['javascript:alert(1)'] }, 'invalid_redirect_uri', /begin with https/],
    [{ redirect_uris: ['data:text/html,hi'] }, 'invalid_redirect_uri', /begin with https/],
    [{ redirect_uris: ['http://app.example.com/'] }, 'invalid_redirect_uri', /begin with https/],
    [
      { redirect_uris: ['com.example.app:/cb'], application_type: 'web' },
      'invalid_redirect_uri',
      /application_type is web/,
    ],
    [{ ...METADATA, grant_types: ['implicit'] }, 'invalid_client_metadata', /grant_types\.0 must be one of/],
    [{ ...METADATA, grant_types: ['password'] }, 'invalid_client_metadata', /grant_types\.0/],
    [
      { ...METADATA, grant_types: ['urn:ietf:params:oauth:grant-type:token-exchange'] },
      'invalid_client_metadata',
      /grant_types\.0/,
    ],
    [{ ...METADATA, response_types: ['id_token'] }, 'invalid_client_metadata', /response_types\.0/],
    [{ ...METADATA, response_types: ['code token'] }, 'invalid_client_metadata', /response_types\.0/],
    [{ ...METADATA, response_types: [] }, 'invalid_client_metadata', /response_types must have code/],
    [
      { grant_types: ['client_credentials'], response_types: ['code'] },
      'invalid_client_metadata',
      /response_types must have code/,
    ],
    [
      { ...METADATA, token_endpoint_auth_method: 'client_secret_jwt' },
      'invalid_client_metadata',
      /token_endpoint_auth_method must be one of/,
    ],
    [
      { ...METADATA, token_endpoint_auth_method: 'none', grant_types: ['client_credentials'] },
      'invalid_client_metadata',
      /grant_types must not have client_credentials/,
    ],
    [
      { ...METADATA, token_endpoint_auth_method: 'private_key_jwt' },
      'invalid_client_metadata',
      /jwks is required/,
    ],
    [
      { ...METADATA, jwks: { keys: [PUBLIC_JWK] }, jwks_uri: 'https://app.example.com/jwks' },
      'invalid_client_metadata',
      /jwks_uri must not be given together/,
    ],
    [
      { ...METADATA, jwks: { keys: [KEY.privateKey.export({ format: 'jwk' })] } },
      'invalid_client_metadata',
      /jwks\.keys\.0 must be a public key/,
    ],
    [{ ...METADATA, jwks: { keys: [] } }, 'invalid_client_metadata', /jwks\.keys must have a key/],
    [{ ...METADATA, jwks: [] }, 'invalid_client_metadata', /jwks must be a JWK Set/],
    [{ ...METADATA, jwks_uri: 'http://app.example.com/' }, 'invalid_client_metadata', /jwks_uri/],
    [{ ...METADATA, jwks_uri: 'file:///etc/passwd' }, 'invalid_client_metadata', /jwks_uri/],
    [{ ...METADATA, logo_uri: 'javascript:alert(1)' }, 'invalid_client_metadata', /logo_uri/],
    [{ ...METADATA, client_uri: 'data:text/html,hi' }, 'invalid_client_metadata', /client_uri/],
    [
      { ...METADATA, initiate_login_uri: 'http://app.example.com/login' },
      'invalid_client_metadata',
      /initiate_login_uri.*https/,
    ],
    [{ ...METADATA, initiate_login_uri: 'http://localhost/login' }, 'invalid_client_metadata', /https/],
    [
      { ...METADATA, sector_identifier_uri: 'http://app.example.com/sector' },
      'invalid_client_metadata',
      /sector_identifier_uri.*https/,
    ],
    [{ ...METADATA, id_token_signed_response_alg: 'none' }, 'invalid_client_metadata', /id_token_signed/],
    [{ ...METADATA, id_token_signed_response_alg: 'HS256' }, 'invalid_client_metadata', /id_token_signed/],
    [{ ...METADATA, userinfo_signed_response_alg: 'none' }, 'invalid_client_metadata', /userinfo_signed/],
    [{ ...METADATA, request_object_signing_alg: 'none' }, 'invalid_client_metadata', /request_object/],
    [{ ...METADATA, subject_type: 'secret' }, 'invalid_client_metadata', /subject_type must be one of/],
    [
      { redirect_uris: [REDIRECT_URI, 'https://other.example/'], subject_type: 'pairwise' },
      'invalid_client_metadata',
      /sector_identifier_uri is required for pairwise/,
    ],
    [
      { ...METADATA, backchannel_logout_uri: 'https://app.example.com/#logout' },
      'invalid_client_metadata',
      /backchannel_logout_uri.*fragment/,
    ],
    [
      { ...METADATA, post_logout_redirect_uris: ['javascript:alert(1)'] },
      'invalid_client_metadata',
      /post_logout_redirect_uris\.0/,
    ],
    [{ ...METADATA, default_max_age: -1 }, 'invalid_client_metadata', /default_max_age/],
    [{ ...METADATA, client_name: 'a\0b' }, 'invalid_client_metadata', /client_name/],
    [{ ...METADATA, client_name: '\u202Egpj.exe' }, 'invalid_client_metadata', /client_name/],
    [{ ...METADATA, client_name: '\uD800' }, 'invalid_client_metadata', /client_name/],
    [{ ...METADATA, scope: 7 }, 'invalid_client_metadata', /scope must be text/],
    [
      { ...METADATA, authorization_details_types: ['payment'] },
      'invalid_client_metadata',
      /authorization_details_types/,
    ],
    [
      { ...METADATA, token_endpoint_auth_method: 'tls_client_auth' },
      'invalid_client_metadata',
      /tls_client_auth_subject_dn must be the only one/,
    ],
    [{ ...METADATA, software_statement: 'eyJ…' }, 'unapproved_software_statement', /metadata themselves/],
  ]
  for (const [row, [metadata, error, description]] of refused.entries()) {
    const { status, headers, json } = await register(metadata, { ip: `192.0.2.${row}` })
    const name = JSON.stringify(metadata)
    t.equal(status, 400, name)
    t.equal(json.error, error, name)
    t.match(json.error_description, description, name)
    t.match(json.error_description, /^[\x20-\x21\x23-\x5B\x5D-\x7E]*$/, name)
    t.equal(headers['cache-control'], 'no-store')
  }
  t.equal(await storage.clients.count(workspaceId, 'registration'), 0)
})

t.test('every problem is named at once', async t => {
  const { register } = await registrar()
  const { json } = await register({ redirect_uris: ['x'], subject_type: 'x', logo_uri: 'x' })
  t.equal(json.error, 'invalid_redirect_uri')
  for (const name of ['redirect_uris.0', 'subject_type', 'logo_uri']) t.match(json.error_description, name)
})

t.test('a body that is no JSON object is refused as it should be', async t => {
  const { register, ask } = await registrar()
  t.equal((await register([] as object)).status, 400)
  const headers = { authorization: `Bearer ${INITIAL_TOKEN}` }
  const form = await ask('POST', REGISTER, { form: { redirect_uris: REDIRECT_URI }, headers })
  t.equal(form.status, 415)
})

t.test('the addresses of one IPv6 line count as one, however long what a proxy passes on', async t => {
  const { register } = await registrar()
  const next = (count: number) => `2001:db8:1:2::${count.toString(16)}`
  for (let count = 1; count <= 60; count++) t.equal((await register({}, { ip: next(count) })).status, 400)
  t.equal((await register(METADATA, { ip: next(61) })).status, 429)
  t.equal((await register(METADATA, { ip: '2001:db8:1:3::1' })).status, 201)
  for (let count = 0; count < 60; count++)
    t.equal((await register({}, { ip: 'x'.repeat(5000 + count) })).status, 400)
  t.equal((await register(METADATA, { ip: 'x' })).status, 429, 'what is no address is one caller')
})

t.test('an address that registers too often waits, others do not', async t => {
  const { register, pass } = await registrar()
  for (let count = 0; count < 60; count++) t.equal((await register({}, { ip: '192.0.2.1' })).status, 400)
  const { status, headers, json } = await register(METADATA, { ip: '192.0.2.1' })
  t.equal(status, 429)
  t.equal(json.error, 'rate_limited')
  t.ok(Number(headers['retry-after']) > 0 && Number(headers['retry-after']) <= 60)
  t.equal((await register(METADATA, { ip: '192.0.2.2' })).status, 201)
  pass(60)
  t.equal((await register(METADATA, { ip: '192.0.2.1' })).status, 201)
})

t.test('there are at most so many clients, and unused ones make room', async t => {
  const { register, pass, storage, log, now } = await registrar({ maxClients: 2, unusedSeconds: 3600 })
  const { json: used } = await register()
  const { json: unused } = await register()
  const approval = { scopes: ['openid'], claims: [], resources: [], authorizationDetails: [] }
  await storage.clientUsers.approve(used.client_id, '4711', approval, now())
  const full = await register()
  t.equal(full.status, 503)
  t.equal(full.json.error, 'temporarily_unavailable')
  t.ok(log.some(({ level, message }) => level === 'warn' && message.includes('maxClients')))
  pass(3601)
  t.equal((await register()).status, 201)
  t.ok(await storage.clients.find(used.client_id))
  t.equal(await storage.clients.find(unused.client_id), undefined)
})
