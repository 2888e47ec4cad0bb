import t from 'tap'
import { sha256 } from '../../src/lib/hash.ts'
import { type ClientInput, createClient, updateClient } from '../../src/manage/clients.ts'
import { GRANT_TYPES } from '../../src/model/client.ts'
import { GRANT_TYPES as SERVED_GRANT_TYPES } from '../../src/oauth/grants/index.ts'
import { environment, NOW, refusal, workspaceOn } from './environment.ts'

t.test('a confidential client gets its defaults and its first secret', async t => {
  const env = environment()
  const workspace = await workspaceOn('basic', env)
  const { client, secret } = await createClient(env, { workspaceId: workspace.id, name: 'Shop' })
  t.match(client, {
    id: /^cl_/,
    workspaceId: workspace.id,
    name: 'Shop',
    type: 'confidential',
    enabled: true,
    requirePkce: true,
    linksSecretsToDomains: false,
    grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
    createdAt: NOW,
  })
  t.same([client.scopes, client.redirectUris], [[], []])
  t.same(await env.storage.clients.find(client.id), client)
  t.match(secret?.value, /^xwms_sk_[0-9A-Za-z]{49}$/)
  t.match(await env.storage.clients.secrets(client.id), [{ hash: sha256(secret?.value ?? '') }])
})

t.test('a public client has no secret and no client credentials', async t => {
  const env = environment()
  const workspace = await workspaceOn('basic', env)
  const input: ClientInput = { workspaceId: workspace.id, name: 'App', type: 'public' }
  const { client, secret } = await createClient(env, input)
  t.same(client.grantTypes, ['authorization_code', 'refresh_token'])
  t.equal(secret, undefined)
  t.same(await env.storage.clients.secrets(client.id), [])
})

t.test('what was given is kept, lists each entry once', async t => {
  const env = environment()
  const workspace = await workspaceOn('basic', env)
  const given = {
    redirectUris: ['https://shop.example/callback', 'http://localhost:3000/callback'],
    scopes: ['openid', 'userinfo'],
    grantTypes: ['authorization_code'],
    requirePkce: false,
    linksSecretsToDomains: true,
    uri: 'https://shop.example/',
    logoUri: 'https://shop.example/logo.svg',
    policyUri: 'https://shop.example/privacy',
    tosUri: 'https://shop.example/terms',
  }
  const { client } = await createClient(env, {
    workspaceId: workspace.id,
    name: 'Shop',
    ...given,
    scopes: [...given.scopes, 'openid'],
  })
  t.match(client, given)
  t.equal(client.scopes.length, 2)
})

t.test('every bad field is named at once, entries of lists by their position', async t => {
  const attempt = createClient(environment(), {
    workspaceId: 'ws_1',
    name: '',
    type: 'public',
    redirectUris: ['https://shop.example/', 'javascript:alert(1)', 'http://shop.example/'],
    scopes: ['openid', 'orders:read'],
    grantTypes: ['password'],
    requirePkce: false,
    linksSecretsToDomains: true,
    logoUri: 'data:image/png,',
  })
  const { code, fields, message } = await refusal(attempt)
  t.equal(code, 'invalid_input')
  t.match(fields, {
    name: 'must not be empty',
    'redirectUris.1': '"javascript:alert(1)" must begin with https://',
    'redirectUris.2': '"http://shop.example/" must begin with https://',
    'scopes.1': '"orders:read" must be one of the scopes userinfo, useraddresses,',
    'grantTypes.0': '"password" must be one of authorization_code, refresh_token, client_credentials',
    requirePkce: /public client/,
    linksSecretsToDomains: /public client/,
    logoUri: /absolute URL/,
  })
  t.equal(message.split('\n').length, 1)
})

t.test('a public client cannot have client credentials', async t => {
  const attempt = createClient(environment(), {
    workspaceId: 'ws_1',
    name: 'App',
    type: 'public',
    grantTypes: ['client_credentials'],
  })
  t.match(await refusal(attempt), { fields: { grantTypes: /RFC 6749 section 4\.4/ } })
})

t.test('where the configuration is out of reach, scopes are checked by their form alone', async t => {
  const env = { ...environment(), scopes: undefined }
  const workspace = await workspaceOn('basic', env)
  const input = { workspaceId: workspace.id, name: 'Shop' }
  t.match(await refusal(createClient(env, { ...input, scopes: ['orders read', ''] })), {
    fields: { 'scopes.0': /must be a scope/, 'scopes.1': /must be a scope/ },
  })
  const { client } = await createClient(env, { ...input, scopes: ['orders:read'] })
  t.same(client.scopes, ['orders:read'])
})

t.test('the plan limits clients, exactly when two try at once', async t => {
  const env = environment()
  const { id: workspaceId } = await workspaceOn('basic', env)
  const attempts = await Promise.allSettled([
    createClient(env, { workspaceId, name: 'One' }),
    createClient(env, { workspaceId, name: 'Two' }),
  ])
  t.same(attempts.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  t.match(await refusal(createClient(env, { workspaceId, name: 'Three' })), {
    code: 'client_limit_reached',
    message: 'The plan Clients Basic allows 1 client in a workspace, and no more.',
  })
  const { id: larger } = await workspaceOn('enterprise', env)
  await createClient(env, { workspaceId: larger, name: 'One' })
  await createClient(env, { workspaceId: larger, name: 'Two' })
})

t.test('a workspace must exist, and its plan must be known', async t => {
  const env = environment()
  t.match(await refusal(createClient(env, { workspaceId: 'ws_1', name: 'Shop' })), {
    code: 'workspace_not_found',
    fields: { workspaceId: 'does not exist' },
  })
  const { id: workspaceId } = await workspaceOn('basic', env)
  const without = { ...env, plans: {} }
  t.match(await refusal(createClient(without, { workspaceId, name: 'Shop' })), { code: 'unknown_plan' })
})

t.test('a change touches what it names, and null removes', async t => {
  const env = environment()
  const { id: workspaceId } = await workspaceOn('basic', env)
  const page = 'https://shop.example/'
  const { client } = await createClient(env, { workspaceId, name: 'Shop', uri: page, tosUri: page })
  const later = { ...env, now: new Date(NOW.getTime() + 1000) }
  const changed = await updateClient(later, client.id, {
    enabled: false,
    name: undefined,
    redirectUris: ['https://shop.example/callback'],
    uri: null,
  })
  t.same(changed, {
    ...client,
    enabled: false,
    redirectUris: ['https://shop.example/callback'],
    uri: undefined,
    updatedAt: later.now,
  })
  t.same(await env.storage.clients.find(client.id), changed)
  const entry = (await env.storage.audit.list(workspaceId, 100)).find(
    ({ action }) => action === 'client.updated',
  )
  t.match(entry, { target: client.id, before: { enabled: true, uri: page }, after: { enabled: false } })
})

t.test('a change is checked like a creation', async t => {
  const env = environment()
  const { id: workspaceId } = await workspaceOn('basic', env)
  const { client } = await createClient(env, { workspaceId, name: 'App', type: 'public' })
  t.match(await refusal(updateClient(env, client.id, { requirePkce: false, scopes: ['nonsense'] })), {
    fields: { requirePkce: /public client/, 'scopes.0': /must be one of/ },
  })
  t.match(await refusal(updateClient(env, 'cl_1', {})), { code: 'client_not_found' })
})

t.test('a client can be given exactly the grant types that are served', async t => {
  t.same([...GRANT_TYPES].sort(), SERVED_GRANT_TYPES.map(({ name }) => name).sort())
})

const KEYS = { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://shop.example/jwks' } as const

t.test('a profile and metadata are kept, and a client with keys gets no secret', async t => {
  const env = environment()
  const { id: workspaceId } = await workspaceOn('enterprise', env)
  const plain = await createClient(env, { workspaceId, name: 'Shop' })
  t.match(plain.client, { profile: 'oauth2.1', source: 'managed', registrationTokenHash: undefined })
  t.strictSame(plain.client.metadata, {})

  const metadata = {
    ...KEYS,
    subject_type: 'pairwise',
    id_token_signed_response_alg: 'PS256',
    post_logout_redirect_uris: ['https://shop.example/bye'],
    backchannel_logout_uri: 'http://localhost:3000/logout',
    contacts: ['Ann'],
  } as const
  const redirectUris = ['https://shop.example/callback']
  const input: ClientInput = { workspaceId, name: 'Bank', profile: 'fapi2', redirectUris, metadata }
  const { client, secret } = await createClient(env, input)
  t.equal(secret, undefined)
  t.match(client, { profile: 'fapi2', type: 'confidential' })
  t.strictSame(client.metadata, metadata)
  t.same(await env.storage.clients.secrets(client.id), [])
})

t.test('every bad member of the metadata is named', async t => {
  const attempt = createClient(environment(), {
    workspaceId: 'ws_1',
    name: 'Shop',
    metadata: {
      token_endpoint_auth_method: 'client_secret_jwt',
      jwks: { keys: [{ kty: 'oct', k: 'AA' }] },
      jwks_uri: 'http://shop.example/jwks',
      initiate_login_uri: 'http://localhost/',
      id_token_signed_response_alg: 'none',
      request_uris: ['javascript:alert(1)', 'http://127.0.0.1:9555/request'],
      default_max_age: 1.5,
      jwks_url: 'x',
    } as object,
  })
  t.match((await refusal(attempt)).fields, {
    'metadata.token_endpoint_auth_method': /must be one of client_secret_basic/,
    'metadata.jwks.keys.0': /must be a public key, without k/,
    'metadata.jwks_uri': /must begin with https/,
    'metadata.initiate_login_uri': /must begin with https/,
    'metadata.id_token_signed_response_alg': /must be one of RS256, PS256, ES256, EdDSA/,
    'metadata.request_uris.0': /absolute URL/,
    'metadata.request_uris.1': /must begin with https/,
    'metadata.default_max_age': /whole number/,
    'metadata.jwks_url': /is not known here/,
  })
})

t.test('what does not fit together is refused where it stands', async t => {
  const callback = 'https://shop.example/callback'
  const table: [input: Partial<ClientInput>, field: string, problem: RegExp][] = [
    [{ profile: 'fapi2' }, 'metadata.token_endpoint_auth_method', /private_key_jwt, tls_client_auth.*fapi2/],
    [{ profile: 'fapi2', type: 'public' }, 'metadata.token_endpoint_auth_method', /under the profile fapi2/],
    [{ profile: 'fapi2', metadata: KEYS, requirePkce: false }, 'requirePkce', /must be on under .* fapi2/],
    [
      { profile: 'fapi2', metadata: { ...KEYS, id_token_signed_response_alg: 'RS256' } },
      'metadata.id_token_signed_response_alg',
      /must be one of PS256, ES256, EdDSA under/,
    ],
    [
      { profile: 'fapi2', metadata: { ...KEYS, request_object_signing_alg: 'RS256' } },
      'metadata.request_object_signing_alg',
      /under the profile fapi2/,
    ],
    [
      { metadata: { token_endpoint_auth_method: 'private_key_jwt' } },
      'metadata.jwks',
      /is required with private_key_jwt; jwks_uri can stand for it/,
    ],
    [
      { metadata: { token_endpoint_auth_method: 'self_signed_tls_client_auth' } },
      'metadata.jwks',
      /is required with self_signed/,
    ],
    [{ metadata: { require_signed_request_object: true } }, 'metadata.jwks', /require_signed_request_object/],
    [{ metadata: { request_object_signing_alg: 'ES256' } }, 'metadata.jwks', /request_object_signing_alg/],
    [
      { metadata: { ...KEYS, jwks: { keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'AA' }] } } },
      'metadata.jwks_uri',
      /must not be given together with jwks/,
    ],
    [
      { metadata: { token_endpoint_auth_method: 'tls_client_auth' } },
      'metadata.tls_client_auth_subject_dn',
      /must be the only one given/,
    ],
    [
      {
        metadata: {
          token_endpoint_auth_method: 'tls_client_auth',
          tls_client_auth_subject_dn: 'CN=Shop',
          tls_client_auth_san_dns: 'shop.example',
        },
      },
      'metadata.tls_client_auth_san_dns',
      /must be the only one given/,
    ],
    [
      { metadata: { token_endpoint_auth_method: 'none' } },
      'metadata.token_endpoint_auth_method',
      /must not be none/,
    ],
    [
      { type: 'public', metadata: { token_endpoint_auth_method: 'client_secret_post' } },
      'metadata.token_endpoint_auth_method',
      /must be none for a public client/,
    ],
    [
      { type: 'public', grantTypes: ['urn:ietf:params:oauth:grant-type:token-exchange'] },
      'grantTypes',
      /token exchange for a public client/,
    ],
    [
      { metadata: { subject_type: 'pairwise' } },
      'metadata.sector_identifier_uri',
      /is required for pairwise/,
    ],
    [
      { metadata: { subject_type: 'pairwise' }, redirectUris: [callback, 'https://other.example/'] },
      'metadata.sector_identifier_uri',
      /unless all redirect URIs have one host/,
    ],
    [
      { metadata: { subject_type: 'pairwise' }, redirectUris: ['com.example.app:/callback'] },
      'metadata.sector_identifier_uri',
      /is required for pairwise/,
    ],
    [
      { metadata: { application_type: 'web' }, redirectUris: ['com.example.app:/callback'] },
      'redirectUris',
      /application_type is web/,
    ],
  ]
  for (const [input, field, problem] of table) {
    const { fields } = await refusal(
      createClient(environment(), { workspaceId: 'ws_1', name: 'Shop', ...input }),
    )
    t.match(fields, { [field]: problem }, JSON.stringify(input))
    t.equal(Object.keys(fields).length, 1, JSON.stringify(fields))
  }
})

t.test('what fits together is accepted', async t => {
  const env = environment()
  const { id: workspaceId } = await workspaceOn('enterprise', env)
  const sector = 'https://shop.example/sector'
  const inputs: Partial<ClientInput>[] = [
    { profile: 'openid', requirePkce: false },
    { type: 'public', metadata: { token_endpoint_auth_method: 'none' } },
    { type: 'public', grantTypes: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'] },
    { grantTypes: ['urn:ietf:params:oauth:grant-type:token-exchange'] },
    {
      profile: 'fapi2',
      metadata: { token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_san_dns: 'shop.example' },
    },
    {
      redirectUris: ['https://a.example/', 'https://b.example/'],
      metadata: { subject_type: 'pairwise', sector_identifier_uri: sector },
    },
    {
      redirectUris: ['https://a.example/1', 'https://a.example:8443/2'],
      metadata: { subject_type: 'pairwise' },
    },
    { redirectUris: ['com.example.app:/callback'], metadata: { application_type: 'native' } },
  ]
  for (const input of inputs)
    t.ok(await createClient(env, { workspaceId, name: 'Shop', ...input }), JSON.stringify(input))
})

t.test('metadata change member by member, and null removes one', async t => {
  const env = environment()
  const { id: workspaceId } = await workspaceOn('enterprise', env)
  const { client } = await createClient(env, {
    workspaceId,
    name: 'Shop',
    metadata: { ...KEYS, default_max_age: 60 },
  })
  const changed = await updateClient(env, client.id, {
    metadata: { default_max_age: null, software_id: 'shop', contacts: undefined },
  })
  t.strictSame(changed.metadata, { ...KEYS, software_id: 'shop' })
  t.strictSame((await updateClient(env, client.id, { name: 'Renamed' })).metadata, changed.metadata)
  t.match(await refusal(updateClient(env, client.id, { metadata: { jwks_uri: null } })), {
    fields: { 'metadata.jwks': /is required with private_key_jwt/ },
  })
  t.match(
    await refusal(updateClient(env, client.id, { metadata: { jwks_uri: 'x', nonsense: 1 } as object })),
    {
      fields: { 'metadata.jwks_uri': /absolute URL/, 'metadata.nonsense': /not known here/ },
    },
  )
  t.match(await updateClient(env, client.id, { profile: 'fapi2' }), { profile: 'fapi2' })
  t.match(await refusal(updateClient(env, client.id, { requirePkce: false })), {
    fields: { requirePkce: /must be on under the profile fapi2/ },
  })
})

t.test('strict clients have redirect URIs with http on loopback addresses of native apps alone', async t => {
  const env = environment()
  const { id: workspaceId } = await workspaceOn('enterprise', env)
  const strict = {
    token_endpoint_auth_method: 'tls_client_auth',
    tls_client_auth_san_dns: 'shop.example',
  } as const
  const table: [uri: string, application: 'native' | 'web' | undefined, accepted: boolean][] = [
    ['https://shop.example/cb', undefined, true],
    ['https://localhost/cb', 'web', true],
    ['com.example.app:/cb', 'native', true],
    ['http://127.0.0.1/cb', 'native', true],
    ['http://127.0.0.1:49152/cb', 'native', true],
    ['http://[::1]/cb', 'native', true],
    ['HTTP://127.0.0.1?a=b', 'native', true],
    ['http://localhost/cb', 'native', false],
    ['http://app.localhost/cb', 'native', false],
    ['http://127.0.0.1/cb', 'web', false],
    ['http://127.0.0.1/cb', undefined, false],
    ['http://[::1]/cb', undefined, false],
    ['http://localhost/cb', undefined, false],
    ['HTTP://localhost/cb', undefined, false],
  ]
  for (const [uri, application_type, accepted] of table) {
    const redirectUris = ['https://shop.example/', uri]
    const metadata = { ...strict, ...(application_type && { application_type }) }
    const input: ClientInput = { workspaceId, name: 'Bank', profile: 'fapi2', redirectUris, metadata }
    if (accepted) t.same((await createClient(env, input)).client.redirectUris, redirectUris, uri)
    else
      t.match(
        await refusal(createClient(env, input)),
        { fields: { redirectUris: /^must begin with https:.* under the profile fapi2/ } },
        `${uri} ${application_type}`,
      )
    const relaxed = await createClient(env, { ...input, profile: 'oauth2.1' })
    t.same(relaxed.client.redirectUris, redirectUris)
    if (!accepted)
      t.match(await refusal(updateClient(env, relaxed.client.id, { profile: 'fapi2' })), {
        fields: { redirectUris: /under the profile fapi2/ },
      })
  }
})

t.test('what stays as it was does not stand in the way of disabling a client', async t => {
  const env = environment()
  const { id: workspaceId } = await workspaceOn('enterprise', env)
  const { client } = await createClient(env, { workspaceId, name: 'Shop' })
  const audit = { id: 'aud_1', at: NOW, actor: 'test', action: 'x', workspaceId, target: client.id }
  await env.storage.clients.update(
    client,
    { ...client, profile: 'fapi2' },
    { ...audit, ip: undefined, before: undefined, after: undefined },
  )
  t.match(await updateClient(env, client.id, { enabled: false }), { enabled: false })
  t.match(await refusal(updateClient(env, client.id, { grantTypes: [] })), { code: 'invalid_input' })
})

t.test('a client has a rate limit of its own, until that is taken away', async t => {
  const env = environment()
  const { id: workspaceId } = await workspaceOn('enterprise', env)
  const { client } = await createClient(env, { workspaceId, name: 'Shop' })
  t.equal(client.rateLimit, undefined)
  const rateLimit = { requests: 100, windowSeconds: 60, sliding: true }
  t.strictSame((await updateClient(env, client.id, { rateLimit })).rateLimit, rateLimit)
  const set = {
    rateLimit,
    rateLimitSetBy: 'test',
    rateLimitSetAt: env.now,
    operatorRateLimit: rateLimit,
    operatorRateLimitSetBy: 'test',
    operatorRateLimitSetAt: env.now,
  }
  const later = { ...env, actor: '4711', now: new Date(env.now.getTime() + 1000) }
  t.match(await updateClient(later, client.id, { name: 'Renamed' }), set, 'who renames it sets no limit')
  t.match(await updateClient(later, client.id, { rateLimit }), {
    ...set,
    rateLimitSetBy: '4711',
    rateLimitSetAt: later.now,
    operatorRateLimitSetBy: '4711',
    operatorRateLimitSetAt: later.now,
  })
  t.match(await updateClient(env, client.id, { rateLimit: null }), {
    rateLimit: undefined,
    rateLimitSetBy: undefined,
    rateLimitSetAt: undefined,
    operatorRateLimit: undefined,
    operatorRateLimitSetBy: undefined,
    operatorRateLimitSetAt: undefined,
  })
  const bad = { requests: 0, windowSeconds: 86_401, burst: 5 }
  t.match(await refusal(updateClient(env, client.id, { rateLimit: bad })), {
    fields: {
      'rateLimit.requests': 'must be at least 1',
      'rateLimit.windowSeconds': 'must be at most a day',
      'rateLimit.burst': /not known here/,
    },
  })
})
