import t from 'tap'
import { sha256 } from '../../src/lib/hash.ts'
import { isSecretFormat } from '../../src/lib/secret-format.ts'
import { type ClientInput, createClient, GRANT_TYPES, updateClient } from '../../src/manage/clients.ts'
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
  t.ok(secret && isSecretFormat(secret.value))
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
