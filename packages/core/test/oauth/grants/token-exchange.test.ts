import { createLocalJWKSet, jwtVerify } from 'jose'
import t from 'tap'
import type { KitOptions } from '../../../src/config/options.ts'
import { sha256 } from '../../../src/lib/hash.ts'
import type { ClientInput } from '../../../src/manage/clients.ts'
import { updateClient } from '../../../src/manage/clients.ts'
import { AUDIT, SECRET } from '../../context/surroundings.ts'
import { type Installation, installation, type Registered } from '../../installation.ts'
import { approvedCode } from '../approved.ts'
import { token } from '../partner.ts'
import { proof, signer } from '../signer.ts'

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const JWT = 'urn:ietf:params:oauth:token-type:jwt'
const GATEWAY = 'https://gateway.example.com'
const ORDERS = 'https://orders.example.com'
const LEDGER = 'https://ledger.example.com'

const MAY_EXCHANGE: Partial<ClientInput> = {
  grantTypes: ['authorization_code', 'refresh_token', 'client_credentials', EXCHANGE],
}
const INVALID_REQUEST = { status: 400, body: { error: 'invalid_request' } }
const resources = (gateway?: string): Partial<KitOptions> => ({
  oauth: {
    tokenExchange: true,
    resources: {
      [GATEWAY]: { name: 'Gateway', ...(gateway !== undefined && { clientId: gateway }) },
      [ORDERS]: { name: 'Orders', ...(gateway !== undefined && { exchangedFrom: [GATEWAY] }) },
      [LEDGER]: { name: 'Ledger', tokenFormat: 'jwt' },
    },
  },
})

/** A client that may exchange tokens, and has one of Ada's. */
async function scene(
  options: Partial<KitOptions> = resources(),
  parameters: Record<string, string> = {},
  approved: readonly string[] = [ORDERS, LEDGER],
) {
  const xwms = installation(options)
  const shop = await xwms.client(MAY_EXCHANGE)
  const ada = await xwms.user()
  const scopes = ['email', 'orders:read', 'offline_access']
  const code = await approvedCode(xwms, shop.client, ada, { scopes, parameters })
  const approval = { scopes, claims: [], resources: approved, authorizationDetails: [] }
  await xwms.storage.clientUsers.approve(shop.client.id, ada.sub, approval, xwms.now())
  const { body: tokens } = await token(xwms, shop, code)
  const exchange = (
    form: Readonly<Record<string, string | undefined>> = {},
    by: Registered = shop,
    headers = {},
  ) =>
    token(
      xwms,
      by,
      { grant_type: EXCHANGE, subject_token: tokens.access_token, subject_token_type: ACCESS_TOKEN, ...form },
      { headers },
    )
  return { xwms, shop, ada, tokens, exchange }
}

const stored = ({ storage, now }: Installation, value: string) =>
  storage.tokens.findAccessToken(sha256(value), now())

t.test('a token becomes one for another resource, in the user’s place', async t => {
  const { xwms, shop, ada, exchange } = await scene()
  xwms.pass(600)
  const { status, body } = await exchange({ resource: ORDERS, scope: 'orders:read' })
  t.equal(status, 200)
  t.match(body, {
    issued_token_type: ACCESS_TOKEN,
    token_type: 'Bearer',
    scope: 'orders:read',
    // No longer than the token that it was got by.
    expires_in: 3000,
  })
  t.notOk('refresh_token' in body)
  const found = await stored(xwms, body.access_token)
  t.match(found, {
    token: { sub: ada.sub, clientId: shop.client.id, audience: [ORDERS], scopes: ['orders:read'] },
    grant: { sub: ada.sub, sid: 'sid_1', amr: ['pwd'] },
  })
  t.notOk(found?.grant.parameters.act)
})

t.test(
  'without a scope it gets what the subject token has, but for keeping it while the user is away',
  async t => {
    const { exchange } = await scene()
    t.equal((await exchange({ audience: ORDERS })).body.scope, 'email orders:read')
  },
)

t.test('scopes are never more than the subject token’s and the client’s', async t => {
  const { xwms, shop, exchange } = await scene()
  for (const scope of ['orders:write', 'email orders:write', 'openid', 'offline_access'])
    t.match(await exchange({ scope }), { status: 400, body: { error: 'invalid_scope' } }, scope)
  await updateClient(xwms.environment, shop.client.id, { scopes: ['email'] })
  t.equal((await exchange()).body.scope, 'email')
})

t.test('with an actor token it says who acts, and who acted before', async t => {
  const { xwms, shop, ada, tokens, exchange } = await scene()
  const { body: own } = await token(xwms, shop, { grant_type: 'client_credentials' })
  const actor = { actor_token: own.access_token, actor_token_type: ACCESS_TOKEN }
  const first = await exchange({ ...actor, resource: LEDGER })
  t.equal(first.status, 200)
  const { body: jwks } = await xwms.ask('GET', '/.well-known/jwks.json')
  const open = async (jwt: string) =>
    (await jwtVerify(jwt, createLocalJWKSet(JSON.parse(jwks)), { currentDate: xwms.now() })).payload
  const me = { sub: shop.client.id, client_id: shop.client.id }
  t.match(await open(first.body.access_token), { sub: ada.sub, act: me })

  const again = { subject_token: first.body.access_token, subject_token_type: JWT }
  const second = await exchange({ ...actor, ...again, resource: LEDGER })
  t.strictSame((await open(second.body.access_token)).act, { ...me, act: me })
  const silent = await exchange({ ...again, resource: LEDGER })
  t.strictSame((await open(silent.body.access_token)).act, me, 'the chain is not forgotten')
  const byUser = await exchange({
    actor_token: tokens.access_token,
    actor_token_type: ACCESS_TOKEN,
    resource: LEDGER,
  })
  t.match((await open(byUser.body.access_token)).act, { sub: ada.sub, client_id: shop.client.id })

  let subject = first.body.access_token
  for (let actors = 2; actors <= 16; actors++) {
    subject = (await exchange({ ...actor, subject_token: subject, resource: LEDGER })).body.access_token
  }
  t.ok(subject)
  t.match(await exchange({ ...actor, subject_token: subject }), INVALID_REQUEST, 'a chain has an end')
  t.equal((await exchange({ subject_token: subject })).status, 200)
})

t.test('an exchanged token has no authorization details, and asking for some is refused', async t => {
  const authorization_details = '[{"type":"payment","amount":"10"}]'
  const { exchange } = await scene(resources(), { authorization_details })
  t.match(await exchange({ authorization_details }), {
    status: 400,
    body: { error: 'invalid_authorization_details' },
  })
  const { status, body } = await exchange({})
  t.equal(status, 200)
  t.notOk('authorization_details' in body)
})

t.test('a JWT is given where the resource wants one, and asking for one elsewhere is an error', async t => {
  const { exchange } = await scene()
  const jwt = await exchange({ resource: LEDGER, requested_token_type: JWT })
  t.match(jwt.body, { issued_token_type: JWT, access_token: /^[\w-]+\.[\w-]+\.[\w-]+$/ })
  t.match(await exchange({ resource: ORDERS, requested_token_type: JWT }), INVALID_REQUEST)
  t.match(await exchange({ requested_token_type: JWT }), INVALID_REQUEST)
  t.match(
    await exchange({ requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' }),
    INVALID_REQUEST,
  )
})

t.test('what is not whole, not live or not an access token of ours is an invalid_request', async t => {
  const { xwms, shop, tokens, exchange } = await scene()
  const table: [name: string, form: Record<string, string | undefined>][] = [
    ['no token', { subject_token: undefined }],
    ['no type', { subject_token_type: undefined }],
    ['another type', { subject_token_type: 'urn:ietf:params:oauth:token-type:saml2' }],
    ['an opaque token as a JWT', { subject_token_type: JWT }],
    ['an unknown token', { subject_token: 'xwms_at_unknown' }],
    ['a refresh token', { subject_token: tokens.refresh_token }],
    ['an unknown actor', { actor_token: 'xwms_at_unknown', actor_token_type: ACCESS_TOKEN }],
    ['an actor without its type', { actor_token: tokens.access_token }],
    ['the type of an actor without its token', { actor_token_type: ACCESS_TOKEN }],
  ]
  for (const [name, form] of table) t.match(await exchange(form), INVALID_REQUEST, name)
  t.match(await exchange({ resource: 'https://unknown.example' }), {
    status: 400,
    body: { error: 'invalid_target' },
  })
  t.match(await exchange({ audience: shop.client.id }), { status: 400, body: { error: 'invalid_target' } })

  await xwms.storage.clientUsers.revoke(shop.client.id, '9007199254740991', xwms.now())
  t.match(await exchange(), INVALID_REQUEST, 'a revoked token')
})

t.test('a token that expired is exchanged no more', async t => {
  const { xwms, exchange } = await scene()
  xwms.pass(3600)
  t.match(await exchange(), INVALID_REQUEST)
})

t.test('it is off, unless the configuration and the client say otherwise', async t => {
  const off = await scene({})
  t.match(await off.exchange(), { status: 400, body: { error: 'unsupported_grant_type' } })
  const { xwms, exchange } = await scene()
  t.match(await exchange({}, await xwms.client()), { status: 400, body: { error: 'unauthorized_client' } })
})

t.test('somebody else’s token is of no use, unless it is for the resource server that one is', async t => {
  const { xwms, exchange } = await scene()
  const thief = await xwms.client(MAY_EXCHANGE)
  t.match(await exchange({}, thief), INVALID_REQUEST)
  const { body: theirs } = await token(xwms, thief, { grant_type: 'client_credentials' })
  const foreign = { actor_token: theirs.access_token, actor_token_type: ACCESS_TOKEN }
  t.match(await exchange(foreign), INVALID_REQUEST, 'nor is an actor’s')
})

t.test('a resource server exchanges the tokens that it receives', async t => {
  const { xwms, shop, exchange } = await scene(resources('cl_gateway'), { resource: GATEWAY }, [])
  const { storage, now } = xwms
  const entry = { ...AUDIT, at: now() }
  const gateway = { ...shop, client: { ...shop.client, id: 'cl_gateway' }, value: 'gateway-secret' }
  await storage.clients.create(gateway.client, undefined, entry)
  const secret = { ...SECRET, clientId: 'cl_gateway', hash: sha256('gateway-secret') }
  await storage.clients.addSecret(secret, undefined, entry)
  const { status, body } = await exchange({ resource: ORDERS }, gateway)
  t.equal(status, 200)
  t.match(await stored(xwms, body.access_token), {
    token: { clientId: 'cl_gateway', audience: [ORDERS] },
    grant: { clientId: 'cl_gateway' },
  })
})

t.test('it reaches no resource that its user did not approve, unless the host says so', async t => {
  const { exchange } = await scene(resources('cl_gateway'), { resource: GATEWAY }, [])
  t.match(await exchange({ resource: LEDGER }), { status: 400, body: { error: 'invalid_target' } })
  t.equal((await exchange({ resource: ORDERS })).status, 200, 'orders takes tokens of the gateway')
  t.equal((await exchange({ resource: GATEWAY })).status, 200)
  const { xwms, shop, exchange: unbound } = await scene(resources(), {}, [])
  t.match(await unbound({ resource: ORDERS }), { status: 400, body: { error: 'invalid_target' } })
  const { body: own } = await token(xwms, shop, { grant_type: 'client_credentials' })
  t.equal((await unbound({ subject_token: own.access_token, resource: ORDERS })).status, 200, 'nobody to ask')
})

t.test(
  'what ends the first grant ends every token that was exchanged from it, one after the other',
  async t => {
    const ends: Record<string, (scene: Awaited<ReturnType<typeof sceneAtOnce>>) => Promise<unknown>> = {
      'the client revokes it': ({ xwms, shop, tokens }) =>
        xwms.ask('POST', '/oauth/revoke', {
          form: { token: tokens.refresh_token, client_id: shop.client.id, client_secret: shop.value },
        }),
      'the user revokes it': ({ xwms, shop, ada }) =>
        xwms.storage.clientUsers.revoke(shop.client.id, ada.sub, xwms.now()),
    }
    const sceneAtOnce = () => scene()
    for (const [what, end] of Object.entries(ends)) {
      const started = await sceneAtOnce()
      const { xwms, shop, exchange } = started
      const first = await exchange({ resource: ORDERS })
      const second = await exchange({ subject_token: first.body.access_token, resource: ORDERS })
      const isActive = async (value: string) => {
        const form = { token: value, client_id: shop.client.id, client_secret: shop.value }
        return JSON.parse((await xwms.ask('POST', '/oauth/introspect', { form })).body).active
      }
      for (const { body } of [first, second]) t.equal(await isActive(body.access_token), true)
      await end(started)
      for (const { body } of [first, second]) t.equal(await isActive(body.access_token), false, what)
    }
  },
)

t.test('a bound token is exchanged by whoever proves its key, for a bound one', async t => {
  const xwms = installation(resources())
  const shop = await xwms.client(MAY_EXCHANGE)
  const [key, other] = [await signer(), await signer()]
  const code = await approvedCode(xwms, shop.client, await xwms.user(), { scopes: ['orders:read'] })
  const { body } = await token(xwms, shop, code, { headers: { dpop: await proof(key) } })
  const form = { grant_type: EXCHANGE, subject_token: body.access_token, subject_token_type: ACCESS_TOKEN }
  t.match(await token(xwms, shop, form), INVALID_REQUEST)
  t.match(await token(xwms, shop, form, { headers: { dpop: await proof(other) } }), INVALID_REQUEST)
  const bound = await token(xwms, shop, form, { headers: { dpop: await proof(key) } })
  t.match(bound, { status: 200, body: { token_type: 'DPoP' } })
  t.strictSame((await stored(xwms, bound.body.access_token))?.token.confirmation, { jkt: key.jkt })
})
