import t from 'tap'
import { logged } from '../../../../test/support/logged.ts'
import { StorageUnavailableError } from '../../src/errors.ts'
import { sha256 } from '../../src/lib/hash.ts'
import { updateClient } from '../../src/manage/clients.ts'
import type { Plan } from '../../src/model/plan.ts'
import type { User } from '../../src/model/user.ts'
import { mcpAuthInfo } from '../../src/token-auth/guard.ts'
import { OTHER_CERTIFICATE, SHOP_CERTIFICATE } from '../certificates.ts'
import { AUDIT } from '../context/surroundings.ts'
import type { Registered } from '../installation.ts'
import { metered } from '../metered.ts'
import { approvedCode } from '../oauth/approved.ts'
import { token } from '../oauth/partner.ts'
import { proof, seconds, signer } from '../oauth/signer.ts'
import { ORDERS, type Scene, scene } from './resource.ts'

const ALL = { from: new Date(0), to: new Date('2100-01-01') }
const METADATA = 'https://id.example.com/.well-known/oauth-protected-resource/orders'
const INVALID_TOKEN = { status: 401, body: { error: 'invalid_token' } }

const bearer = (accessToken: string) => ({ authorization: `Bearer ${accessToken}` })

async function requestLog({ kit, storage, shop }: Scene) {
  // Notes are written on their own time; closing does not wait for it.
  await kit.close()
  return logged(storage, shop.client)
}

t.test('a client that acts for itself is admitted, and known', async t => {
  const at = await scene()
  const accessToken = await at.token()
  t.match((await at.admitted(accessToken)).caller, {
    requestId: 'request-1',
    client: { id: at.shop.client.id, name: 'Shop' },
    workspace: { id: at.shop.client.workspaceId },
    user: undefined,
    scopes: ['orders:read'],
    authorizationDetails: [],
    actor: undefined,
    resource: ORDERS,
    expiresAt: new Date(at.now().getTime() + 3_600_000),
    token: accessToken,
  })
})

t.test(
  'a client that acts for a user is admitted with the user, whose password stays where it is',
  async t => {
    const at = await scene()
    const { caller } = await at.admitted(
      await at.userToken({ authorization_details: '[{"type":"payment","amount":5}]' }),
    )
    t.match(caller, {
      user: { sub: '4711', name: 'Ada Lovelace' },
      scopes: ['openid', 'orders:read'],
      authorizationDetails: [{ type: 'payment', amount: 5 }],
    })
    t.equal(caller.user?.passwordHash, undefined)
  },
)

t.test('a token that is good for fewer details than its grant tells of no others', async t => {
  const at = await scene()
  const details = '[{"type":"payment","amount":5},{"type":"account"}]'
  const value = await at.userToken({ authorization_details: details })
  const { tokens } = at.storage
  const found = await tokens.findAccessToken(sha256(value), at.now())
  if (found === undefined) throw new Error('There is no token.')
  const grant = { ...found.grant, id: 'gr_narrowed' }
  const own = { hash: sha256('narrowed'), grantId: grant.id, authorizationDetails: '[{"type":"account"}]' }
  await tokens.issue({ grant, accessToken: { ...found.token, ...own }, refreshToken: undefined })
  t.strictSame((await at.admitted('narrowed')).caller.authorizationDetails, [{ type: 'account' }])
})

t.test('an admitted request is one usage event: live, of no domain, about the token’s user', async t => {
  const at = await scene()
  const { workspaceId } = at.shop.client
  const admitted = await at.admitted(await at.userToken())
  at.pass(2)
  await metered(admitted, 201)
  const own = await at.admitted(await at.token())
  own.caller.concerns('815')
  await metered(own, 404)
  const events = await at.storage.usage.events({ workspaceId, ...ALL }, 10)
  t.match(events, [
    {
      clientId: at.shop.client.id,
      domainId: undefined,
      route: 'GET /orders',
      mode: 'live',
      sub: '4711',
      status: 201,
      durationMs: 2000,
      priceNanoEuro: 25,
    },
    { sub: '815', status: 404 },
  ])
})

t.test('whoever comes without a token learns where to get one', async t => {
  const at = await scene()
  const { status, headers, body } = await at.refused({})
  t.equal(status, 401)
  t.match(headers, { 'x-request-id': 'request-1', 'content-type': /json/, 'cache-control': 'no-store' })
  t.match(
    headers['www-authenticate'],
    `Bearer realm="XWMS", scope="orders:read", resource_metadata="${METADATA}"`,
  )
  t.strictSame(Object.keys(body), ['error', 'error_description'])
  t.match(await at.refused(at.shop.headers), INVALID_TOKEN, 'the three credential headers are none')
})

t.test('a token is good for its resource alone', async t => {
  const stock = 'https://stock.example.com'
  const at = await scene({}, { oauth: { resources: { [stock]: { name: 'Stock' } } } })
  t.match(await at.refused(bearer(await at.token({ resource: stock }))), INVALID_TOKEN)
  const unbound = await at.token({ resource: '' })
  t.match(await at.refused(bearer(unbound)), INVALID_TOKEN, 'and one for none is good nowhere')
  t.match(await at.refused(bearer('xwms_at_unknown')), INVALID_TOKEN)
  const log = await requestLog(at)
  t.equal(log.length, 2, 'nobody is told of a token that is unknown')
})

t.test('a token in the configured format of its resource is as good', async t => {
  const resources = { [ORDERS]: { name: 'Orders', tokenFormat: 'jwt' } } as const
  const at = await scene({}, { oauth: { resources } })
  const accessToken = await at.token()
  t.match(accessToken, /^eyJ/)
  t.equal((await at.admitted(accessToken)).caller.token, accessToken)
  await at.storage.tokens.revokeAccessToken(sha256(accessToken), at.now())
  t.match(await at.refused(bearer(accessToken)), INVALID_TOKEN, 'and revoked as soon')
})

t.test('the scope must have been given to the token, and the client must still have it', async t => {
  const at = await scene({ scope: 'orders:write' })
  const refused = await at.refused(bearer(await at.token()))
  t.match(refused, { status: 403, body: { error: 'insufficient_scope' } })
  t.match(refused.headers['www-authenticate'], 'error="insufficient_scope"')
  t.match(refused.headers['www-authenticate'], `scope="orders:write", resource_metadata="${METADATA}"`)

  const writing = await at.token({ scope: 'orders:write' })
  await at.admitted(writing)
  await updateClient(at.environment, at.shop.client.id, { scopes: ['orders:read'] })
  t.match(await at.refused(bearer(writing)), { status: 403, body: { error: 'insufficient_scope' } })
  t.match(await requestLog(at), [
    { refusedBy: 'insufficient_scope', status: 403, route: 'GET /orders', ip: '203.0.113.10' },
    { refusedBy: 'insufficient_scope', facts: { scopes: ['orders:read'], audience: [ORDERS] } },
  ])
})

t.test('without a scope, any token for the resource will do', async t => {
  const at = await scene({ scope: undefined } as object)
  t.match((await at.admitted(await at.token({ scope: 'orders:write' }))).caller, { scopes: ['orders:write'] })
})

t.test('a token ends with its client, its plan and its time', async t => {
  type Ending = [status: number, code: string, end: (at: Scene) => unknown]
  const endings: Readonly<Record<string, Ending>> = {
    'its client is disabled': [
      401,
      'invalid_token',
      at => updateClient(at.environment, at.shop.client.id, { enabled: false }),
    ],
    'its plan is not active': [
      402,
      'plan_inactive',
      async at => {
        const workspace = await at.storage.workspaces.find(at.shop.client.workspaceId)
        if (workspace)
          await at.storage.workspaces.update(workspace, { ...workspace, planStatus: 'inactive' }, AUDIT)
      },
    ],
    'its time is over': [401, 'invalid_token', at => at.pass(3600)],
  }
  for (const [what, [status, error, end]] of Object.entries(endings)) {
    const at = await scene()
    const accessToken = await at.token()
    await at.admitted(accessToken)
    await end(at)
    t.match(await at.refused(bearer(accessToken)), { status, body: { error } }, what)
  }
})

t.test('a plan that is configured no more is the operator’s to mend, who is told', async t => {
  const at = await scene()
  const accessToken = await at.token()
  const workspace = await at.storage.workspaces.find(at.shop.client.workspaceId)
  if (workspace) await at.storage.workspaces.update(workspace, { ...workspace, plan: 'gone' }, AUDIT)
  t.match(await at.refused(bearer(accessToken)), {
    status: 402,
    body: { error: 'plan_inactive', error_description: /does not have the plan.*operator/ },
  })
  const told = at.log.filter(({ level }) => level === 'error')
  t.match(told, [{ fields: { workspaceId: workspace?.id, plan: 'gone' } }])
  t.equal(told.length, 1)
  t.match((await requestLog(at))[0], { refusedBy: 'plan_inactive', facts: { plan: 'gone' } })
})

t.test('whoever goes on and on beyond its limit pauses, whichever credential it shows', async t => {
  const plan: Plan = {
    title: 'Tight',
    monthlyFeeNanoEuro: 0,
    includedRequests: 1000,
    hardCap: false,
    rateLimit: { requests: 1, windowSeconds: 10 },
  }
  const at = await scene(
    {},
    {
      plans: { enterprise: plan },
      protection: { limitRefusals: 4, firstWaitSeconds: 30, longestWaitSeconds: 30 },
    },
  )
  const accessToken = await at.token()
  await at.admitted(accessToken)
  for (let request = 0; request < 4; request++) await at.refused(bearer(accessToken))
  while ((await at.storage.blocks.active(new Date(0))).length === 0) await new Promise(setImmediate)
  at.pass(11)
  const paused = await at.refused(bearer(accessToken))
  t.match(paused, {
    status: 429,
    headers: { 'retry-after': '19' },
    body: { error: 'rate_limited', error_description: /Pause for 19 s/ },
  })
  at.pass(19)
  await at.admitted(accessToken)
})

t.test(
  'who leaves while the token is looked at is not admitted; who has none is told of all the same',
  async t => {
    const at = await scene()
    const accessToken = await at.token()
    const gone = { hasLeft: () => true }
    t.match(await at.come(bearer(accessToken), gone), {
      admitted: false,
      response: { status: 499, body: '' },
    })
    t.match(await at.come(bearer('nonsense'), gone), { admitted: false, response: { status: 401 } })
    await at.kit.close()
    t.strictSame(await at.storage.usage.events(ALL, 10), [])
  },
)

t.test('the plan’s rate limit and cap count callers with tokens like all others', async t => {
  const plan: Plan = {
    title: 'Tight',
    monthlyFeeNanoEuro: 0,
    includedRequests: 3,
    hardCap: true,
    rateLimit: { requests: 2, windowSeconds: 60 },
  }
  const at = await scene({}, { plans: { enterprise: plan } })
  const accessToken = await at.token()
  await at.admitted(accessToken)
  await at.admitted(accessToken)
  const limited = await at.refused(bearer(accessToken))
  t.match(limited, {
    status: 429,
    headers: {
      'retry-after': /^\d+$/,
      'ratelimit-policy': '"rate";q=2;w=60',
      ratelimit: /^"rate";r=0;t=\d+$/,
    },
    body: { error: 'rate_limited' },
  })
  at.pass(60)
  await at.admitted(accessToken)
  at.pass(60)
  t.match(await at.refused(bearer(accessToken)), { status: 429, body: { error: 'quota_exceeded' } })
  t.match(await requestLog(at), [
    { refusedBy: 'quota_exceeded', facts: { audience: [ORDERS], limit: 3 } },
    {
      refusedBy: 'rate_limited',
      facts: { audience: [ORDERS], limit_name: 'rate', limit: 2, window_seconds: 60 },
    },
  ])
})

t.test('a limit for each user holds over all clients that act for that user, and for no others', async t => {
  const at = await scene({ limits: [{ per: 'user', requests: 2, windowSeconds: 60 }] })
  const other = await at.client()
  const [ada, bob] = [
    await at.user({ sub: '4711', email: 'ada@example.com' }),
    await at.user({ sub: '4712', email: 'bob@example.com' }),
  ]
  const tokenOf = async (of: Registered, user: User): Promise<string> => {
    const code = { scopes: ['openid', 'orders:read'], parameters: { resource: ORDERS } }
    const { body } = await token(at, of, await approvedCode(at, of.client, user, code))
    return body.access_token
  }
  const [inShop, inOther] = [await tokenOf(at.shop, ada), await tokenOf(other, ada)]
  await at.admitted(inShop)
  await at.admitted(inOther)
  for (const accessToken of [inShop, inOther, await tokenOf(other, ada)])
    t.match(await at.refused(bearer(accessToken)), {
      status: 429,
      headers: { 'ratelimit-policy': '"user-60";q=2;w=60' },
      body: { error: 'rate_limited' },
    })
  await at.admitted(await tokenOf(other, bob))
  for (let request = 0; request < 3; request++) await at.admitted(await at.token())
  at.pass(60)
  await at.admitted(inShop)
  await at.admitted(inOther)
  t.equal((await at.refused(bearer(inShop))).status, 429)
  t.match(await requestLog(at), [
    { refusedBy: 'rate_limited', facts: { limit_name: 'user-60', limit: 2, window_seconds: 60 } },
    { refusedBy: 'rate_limited' },
  ])
})

t.test('a token that is bound to a key needs a proof for the resource’s own address', async t => {
  const at = await scene()
  const key = await signer()
  const accessToken = await at.token({}, { headers: { dpop: await proof(key) } })
  const headers = async (over = {}) => ({
    authorization: `DPoP ${accessToken}`,
    dpop: await proof(key, { htm: 'GET', htu: ORDERS, accessToken, ...over }),
  })
  t.match(await at.come(await headers()), { admitted: true, caller: { token: accessToken } })
  const below = { path: () => '/orders/1' }
  t.match(await at.come(await headers({ htu: `${ORDERS}/1` }), below), { admitted: true })
  // A proof for another server is none here, whatever the caller writes into Host.
  const elsewhere = await headers({ htu: 'https://other.example.com/orders' })
  t.match(await at.refused({ ...elsewhere, host: 'other.example.com' }), {
    status: 401,
    body: { error: 'invalid_dpop_proof' },
  })
  t.match(await at.refused(await headers(), below), { status: 401 })
  t.match(await at.refused(await headers(), { path: () => 'http://[' }), { status: 401 })
  t.match(await at.refused(await headers(), { method: 'POST' }), { status: 401 })
  t.match(await at.refused(bearer(accessToken)), INVALID_TOKEN)
})

t.test('where nonces are demanded, an admitted request is answered with the next one', async t => {
  const at = await scene({}, { oauth: { requireDpopNonce: true } })
  const key = await signer()
  const told = { grant_type: 'client_credentials' }
  const { body, headers } = await token(at, at.shop, told, { headers: { dpop: await proof(key) } })
  t.match(body, { error: 'use_dpop_nonce' })
  const nonce = headers['dpop-nonce']
  const accessToken = await at.token({}, { headers: { dpop: await proof(key, { nonce }) } })
  const claims = { htm: 'GET', htu: ORDERS, accessToken, nonce }
  const dpop = await proof(key, claims)
  t.match(await at.come({ authorization: `DPoP ${accessToken}`, dpop }), {
    admitted: true,
    headers: { 'dpop-nonce': nonce },
  })
})

t.test('a token that is bound to a certificate needs it', async t => {
  const at = await scene({}, {}, { metadata: { tls_client_certificate_bound_access_tokens: true } })
  const accessToken = await at.token({}, { clientCertificate: SHOP_CERTIFICATE })
  const come = (certificate: string | undefined) =>
    at.come(bearer(accessToken), { certificate: () => certificate })
  t.match(await come(SHOP_CERTIFICATE), { admitted: true })
  t.match(await come(OTHER_CERTIFICATE), { admitted: false, response: { status: 401 } })
  t.match(await come(undefined), { admitted: false, response: { status: 401 } })
})

t.test('what goes wrong while it checks is a refusal in the same words', async t => {
  const at = await scene()
  const accessToken = await at.token()
  Object.assign(at.storage.tokens, {
    findAccessToken: () => Promise.reject(new StorageUnavailableError('hunter2')),
  })
  const { status, headers, body } = await at.refused(bearer(accessToken))
  t.equal(status, 503)
  t.equal(headers['x-request-id'], 'request-1')
  t.match(body, { error: 'temporarily_unavailable', error_description: String })
  t.notMatch(JSON.stringify(body), 'hunter2')

  const late = await scene()
  Object.assign(late.storage, { ready: () => Promise.reject(new StorageUnavailableError('hunter2')) })
  t.match(await late.refused({}), { status: 503, body: { error: 'temporarily_unavailable' } })
})

t.test('the caller in the words of the MCP SDK', async t => {
  const at = await scene()
  const accessToken = await at.userToken()
  const { caller } = await at.admitted(accessToken)
  t.strictSame(mcpAuthInfo(caller), {
    token: accessToken,
    clientId: at.shop.client.id,
    scopes: ['openid', 'orders:read'],
    expiresAt: seconds(at.now()) + 3600,
    resource: new URL(ORDERS),
    extra: { sub: '4711' },
  })
  t.strictSame(mcpAuthInfo((await at.admitted(await at.token())).caller).extra, {})
})
