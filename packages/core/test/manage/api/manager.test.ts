import { Readable } from 'node:stream'
import t from 'tap'
import { ENDPOINTS } from '../../../src/endpoints.ts'
import { sha256 } from '../../../src/lib/hash.ts'
import { updateClient } from '../../../src/manage/clients.ts'
import { isPermitted, type Permission } from '../../../src/model/permission.ts'
import { ROLES } from '../../../src/model/workspace.ts'
import { OTHER_CERTIFICATE, SHOP_CERTIFICATE } from '../../certificates.ts'
import { installation } from '../../installation.ts'
import { proof, signer } from '../../oauth/signer.ts'
import { watched } from '../../watched-storage.ts'
import { MANAGEMENT, type Scene, scene } from './scene.ts'

const METADATA = 'https://id.example.com/.well-known/oauth-protected-resource/manage/v1'
const INVALID_TOKEN = { status: 401, body: { code: 'invalid_token', status: 401 } }
const INSUFFICIENT = { status: 403, body: { code: 'insufficient_scope' } }
const NOT_FOUND = { status: 404, body: { code: 'workspace_not_found' } }

/** Asks about another workspace. */
async function elsewhere(at: Scene, accessToken: string, workspaceId: string) {
  const { status, body } = await at.ask('GET', `/manage/v1/workspaces/${workspaceId}/plan`, {
    headers: { authorization: `Bearer ${accessToken}`, 'x-request-id': 'request-1' },
  })
  return { status, body: JSON.parse(body) }
}

t.test('a client that acts for itself manages the workspace that it is in', async t => {
  const at = await scene()
  const { status, headers, body } = await at.manage(await at.token(), '/plan')
  t.equal(status, 200)
  t.match(headers, { 'content-type': /^application\/json/, 'cache-control': 'no-store' })
  t.match(body, { workspace_id: at.workspaceId, plan: 'enterprise' })
})

t.test(
  'each role is allowed what the table of permissions says, at each endpoint, and nothing else',
  async t => {
    const at = await scene()
    for (const role of ROLES) {
      const accessToken = await at.tokenOf(role)
      for (const { method, path, permission } of ENDPOINTS.filter(({ permission }) => permission)) {
        const below = path.replace('/manage/v1/workspaces/:workspace_id', '').replace(/:\w+/, 'nothing')
        const { status, body } = await at.manage(accessToken, below, { method })
        const name = `${role} ${method} ${path}`
        if (isPermitted(role, permission as Permission)) t.not(status, 403, name)
        else t.match({ status, body }, { status: 403, body: { code: 'not_permitted' } }, name)
      }
    }
  },
)

t.test('a foreign workspace is not there, just as one that does not exist', async t => {
  const at = await scene()
  const other = await at.client()
  const tokens = {
    'of the client': await at.token(),
    'of an owner elsewhere': await at.tokenOf('owner'),
    'of somebody who is no member anywhere': await at.tokenOf(undefined),
  }
  for (const [whose, accessToken] of Object.entries(tokens)) {
    const foreign = await elsewhere(at, accessToken, other.client.workspaceId)
    // The owner of everything that `client()` makes has the sub of the owner here.
    if (whose === 'of an owner elsewhere') {
      t.equal(foreign.status, 200)
      continue
    }
    t.match(foreign, NOT_FOUND, whose)
    t.strictSame(await elsewhere(at, accessToken, 'ws_unknown'), foreign, whose)
  }
  t.match(await at.manage(await at.tokenOf(undefined), '/plan'), NOT_FOUND)
  t.match(
    await elsewhere(at, await at.token({}, other), at.workspaceId),
    NOT_FOUND,
    'nor for its client here',
  )
})

t.test('of a foreign workspace the storage is asked what it is asked of an unknown one', async t => {
  const asked: string[] = []
  const at = await scene({}, {}, real => {
    const { storage, replace } = watched(real)
    for (const name of ['find', 'members'] as const) {
      replace(`workspaces.${name}`, async (method, ...given) => {
        asked.push(name)
        return method(...given)
      })
    }
    return storage
  })
  const other = await at.client()
  for (const accessToken of [await at.token(), await at.tokenOf('viewer')]) {
    // From here on the token is known.
    await at.manage(accessToken, '/plan')
    const seen = []
    for (const id of [other.client.workspaceId, 'ws_unknown']) {
      asked.length = 0
      await elsewhere(at, accessToken, id)
      seen.push([...asked].sort())
    }
    t.strictSame(seen[0], seen[1])
  }
})

t.test('reading asks for manage:read or manage, which the client must still have', async t => {
  const at = await scene()
  t.match(await at.manage(await at.token({ scope: 'manage:read' }), '/plan'), { status: 200 })
  t.match(await at.manage(await at.tokenOf('viewer', 'manage:read'), '/plan'), { status: 200 })

  const accessToken = await at.token()
  await updateClient(at.environment, at.shop.client.id, { scopes: ['manage:read'] })
  t.match(await at.manage(accessToken, '/plan'), INSUFFICIENT, 'what was taken from the client')
  await updateClient(at.environment, at.shop.client.id, { scopes: ['openid'] })
  const plain = await at.manage(accessToken, '/plan')
  t.match(plain, INSUFFICIENT)
  t.match(plain.headers['www-authenticate'], `scope="manage:read", resource_metadata="${METADATA}"`)
})

t.test('a token for another audience, or for none, is good for nothing here', async t => {
  const orders = 'https://orders.example.com'
  const at = await scene({ oauth: { resources: { [orders]: { name: 'Orders' } } } })
  const scoped = { scope: 'manage manage:read' }
  t.match(await at.manage(await at.token({ ...scoped, resource: orders }), '/plan'), INVALID_TOKEN)
  const unbound = await at.manage(await at.token({ ...scoped, resource: '' }), '/plan')
  t.match(unbound, INVALID_TOKEN)
  t.match(unbound.headers['www-authenticate'], `resource_metadata="${METADATA}"`)
  t.match(await at.manage(await at.tokenOf('owner', 'manage', orders), '/plan'), INVALID_TOKEN)
})

t.test('and a token for managing is good for nothing else', async t => {
  const at = await scene()
  const { status } = await at.ask('GET', '/oauth/userinfo', {
    headers: { authorization: `Bearer ${await at.tokenOf('owner')}` },
  })
  t.equal(status, 401)
})

t.test('whoever comes without a good token learns where to get one', async t => {
  const at = await scene()
  const path = `/manage/v1/workspaces/${at.workspaceId}/plan`
  const { status, headers, body } = await at.ask('GET', path)
  t.equal(status, 401)
  t.match(
    headers['www-authenticate'],
    `Bearer realm="XWMS", scope="manage:read", resource_metadata="${METADATA}"`,
  )
  t.match(JSON.parse(body), { code: 'invalid_token', fix: /resource=/ })
  t.match(await at.manage('xwms_at_unknown', '/plan'), INVALID_TOKEN)
  const accessToken = await at.token()
  await at.storage.tokens.revokeAccessToken(sha256(accessToken), at.now())
  t.match(await at.manage(accessToken, '/plan'), INVALID_TOKEN)
  t.equal((await at.ask('GET', path, { query: { access_token: await at.token() } })).status, 401)
  t.equal((await at.ask('GET', path, { headers: at.shop.headers })).status, 401, 'nor by its secret')
})

t.test('a disabled client and a disabled user manage nothing', async t => {
  const at = await scene()
  const own = await at.token()
  const user = await at.tokenOf('owner')
  await updateClient(at.environment, at.shop.client.id, { enabled: false })
  t.match(await at.manage(own, '/plan'), INVALID_TOKEN)
  t.match(await at.manage(user, '/plan'), INVALID_TOKEN)
})

t.test('a client that made itself has no part in the workspace that keeps it', async t => {
  const at = await scene()
  const client = { ...at.shop.client, id: 'cl_self', source: 'registration' as const }
  const audit = { action: '', actor: '', target: '', before: undefined, after: undefined }
  await at.storage.clients.create(client, undefined, {
    ...audit,
    id: 'aud_self',
    at: at.now(),
    ip: undefined,
    workspaceId: undefined,
  })
  await at.storage.clients.addSecret({ ...at.shop.secret, id: 'sec_self', clientId: client.id }, undefined, {
    ...audit,
    id: 'aud_secret',
    at: at.now(),
    ip: undefined,
    workspaceId: undefined,
  })
  t.match(await at.manage(await at.token({}, { ...at.shop, client }), '/plan'), NOT_FOUND)
})

t.test('a token that is bound to a key is good with a proof for this very request', async t => {
  const at = await scene()
  const key = await signer()
  const accessToken = await at.token({}, at.shop, { headers: { dpop: await proof(key) } })
  const htu = `${MANAGEMENT}/workspaces/${at.workspaceId}/plan`
  const come = async (over: object, by = key) =>
    at.manage(accessToken, '/plan', {
      headers: {
        authorization: `DPoP ${accessToken}`,
        dpop: await proof(by, { accessToken, htm: 'GET', htu, ...over }),
      },
    })
  t.match(await come({}), { status: 200 })
  t.match(await come({}, await signer()), { status: 401, body: { code: 'invalid_dpop_proof' } })
  t.match(await come({ htu: `${MANAGEMENT}/workspaces/ws_other/plan` }), { status: 401 })
  t.match(await come({ htm: 'PATCH' }), { status: 401 })
  t.match(await at.manage(accessToken, '/plan'), INVALID_TOKEN, 'it is no bearer token')
})

t.test('a token that is bound to a certificate is good with that certificate', async t => {
  const metadata = { tls_client_certificate_bound_access_tokens: true }
  const at = await scene({}, { metadata })
  const accessToken = await at.token({}, at.shop, { clientCertificate: SHOP_CERTIFICATE })
  t.match(await at.manage(accessToken, '/plan', { clientCertificate: SHOP_CERTIFICATE }), { status: 200 })
  t.match(await at.manage(accessToken, '/plan', { clientCertificate: OTHER_CERTIFICATE }), INVALID_TOKEN)
  t.match(await at.manage(accessToken, '/plan'), INVALID_TOKEN)
})

t.test(
  'where the configuration asks for bound tokens, no other is taken, not even one from before',
  async t => {
    const before = await scene()
    const accessToken = await before.token()
    const strict = { name: 'Management', requireSenderConstraint: true }
    const after = installation({ oauth: { resources: { [MANAGEMENT]: strict } } }, () => before.storage)
    const { status } = await after.ask('GET', `/manage/v1/workspaces/${before.workspaceId}/plan`, {
      headers: { authorization: `Bearer ${accessToken}` },
    })
    t.equal(status, 401)
  },
)

t.test('nothing of a body is read before its sender is known', async t => {
  const at = await scene()
  let taken = 0
  async function* stream() {
    taken++
    yield Buffer.from('{}')
  }
  for (const { method, path } of ENDPOINTS.filter(({ permission, body }) => permission && body !== 'none')) {
    const refused = await at.ask(method, path.replace(/:\w+/g, 'ws_1'), {
      headers: { 'content-type': 'application/json', 'content-length': '2' },
      body: { state: 'unread', stream: Readable.from(stream()) },
    })
    t.equal(refused.status, 401)
  }
  t.equal(taken, 0)
})

t.test(
  'every endpoint of the management API is guarded, is a problem when it fails, and can be called by pages',
  async t => {
    const endpoints = ENDPOINTS.filter(({ path }) => path.startsWith('/manage/'))
    t.ok(endpoints.length > 0)
    for (const { method, path, permission, failure, cors } of endpoints) {
      const name = `${method} ${path}`
      t.ok(path.startsWith('/manage/v1/workspaces/:workspace_id/'), name)
      t.ok(permission, name)
      t.equal(method === 'GET', permission?.endsWith(':read'), name)
      t.strictSame([failure, cors], ['problem', true], name)
    }
  },
)
