import t from 'tap'
import { sha256 } from '../../src/lib/hash.ts'
import type { ClientInput } from '../../src/manage/clients.ts'
import { type Installation, ISSUER, installation, type Registered } from '../installation.ts'
import { authorizationRequest, proofKey, token, userinfo } from './partner.ts'

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
const TV: Partial<ClientInput> = {
  type: 'public',
  grantTypes: [DEVICE_GRANT, 'refresh_token'],
  redirectUris: [],
}

async function begin(
  { ask }: Installation,
  { client, value }: Registered,
  form: Readonly<Record<string, string>> = { scope: 'openid email offline_access' },
) {
  const credentials = {
    client_id: client.id,
    ...(client.type === 'confidential' && { client_secret: value }),
  }
  const { status, headers, body } = await ask('POST', '/oauth/device_authorization', {
    form: { ...credentials, ...form },
  })
  return { status, headers, body: JSON.parse(body) }
}

/** A device that waits, and its user. */
async function waiting(input: Partial<ClientInput> = TV) {
  const xwms = installation()
  const tv = await xwms.client(input)
  const ada = await xwms.user()
  const { body } = await begin(xwms, tv)
  const hash = sha256(body.device_code)
  return {
    xwms,
    tv,
    ada,
    started: body,
    poll: (by = tv) => token(xwms, by, { grant_type: DEVICE_GRANT, device_code: body.device_code }),
    async decide(allow: boolean) {
      const scopes = ['openid', 'email', 'offline_access']
      const approval = { scopes, claims: [], resources: [], authorizationDetails: [] }
      if (allow) await xwms.storage.clientUsers.approve(tv.client.id, ada.sub, approval, xwms.now())
      const decision = { sub: ada.sub, sid: 'sid_1', authenticatedAt: xwms.now(), amr: ['pwd'], scopes }
      t.ok(await xwms.storage.deviceCodes.decide(hash, allow ? decision : 'denied', xwms.now()))
    },
  }
}

t.test('a device gets a code for itself and one for its user', async t => {
  const xwms = installation()
  const { status, headers, body } = await begin(xwms, await xwms.client(TV))
  t.equal(status, 200)
  t.match(headers, { 'content-type': /^application\/json/, 'cache-control': 'no-store' })
  t.match(body, {
    device_code: /^[\w-]{43}$/,
    user_code: /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/,
    verification_uri: `${ISSUER}/device`,
    verification_uri_complete: `${ISSUER}/device?user_code=${body.user_code}`,
    expires_in: 600,
    interval: 5,
  })
  const kept = await xwms.storage.deviceCodes.find(sha256(body.device_code))
  t.notOk(JSON.stringify(kept).includes(body.user_code), 'neither is stored as it is')
  t.notOk(JSON.stringify(kept).includes(body.device_code))
})

t.test('who may not ask is told so', async t => {
  const xwms = installation()
  const tv = await xwms.client(TV)
  const shop = await xwms.client()
  t.match(await begin(xwms, shop), { status: 400, body: { error: 'unauthorized_client' } })
  t.match(await begin(xwms, { ...shop, value: 'wrong' }), { status: 401, body: { error: 'invalid_client' } })
  t.match(await begin(xwms, tv, {}), { status: 400, body: { error: 'invalid_scope' } })
  const poor = await xwms.client({ ...TV, scopes: ['openid'] })
  t.match(await begin(xwms, poor, { scope: 'openid email' }), {
    status: 400,
    body: { error: 'invalid_scope' },
  })
  t.match(await begin(xwms, tv, { scope: 'openid', resource: 'https://unknown.example' }), {
    status: 400,
    body: { error: 'invalid_target' },
  })
  t.match(await begin(xwms, tv, { scope: 'openid', authorization_details: '[{"type":"x"}]' }), {
    status: 400,
    body: { error: 'invalid_authorization_details' },
  })
})

t.test('the user of a device is asked for what means something at the resource, as in a browser', async t => {
  const orders = 'https://orders.example.com'
  const xwms = installation({
    oauth: { resources: { [orders]: { name: 'Orders', scopes: ['orders:read'] } } },
  })
  const tv = await xwms.client({ grantTypes: [DEVICE_GRANT, 'authorization_code', 'refresh_token'] })
  const ada = await xwms.user()
  const asked = { scope: 'openid orders:read orders:write manage offline_access', resource: orders }
  const names = (items: readonly { readonly name: string }[]) => items.map(({ name }) => name)

  const inBrowser = xwms.browser()
  const signIn = await inBrowser.get(authorizationRequest(tv.client.id, proofKey().challenge, asked))
  const shown = names((await inBrowser.signIn(signIn, ada)).view.scopes)
  t.strictSame(shown, ['openid', 'orders:read', 'offline_access'])

  const { body } = await begin(xwms, tv, asked)
  const phone = xwms.browser()
  const { view } = await phone.get('/device')
  const fields = { csrf_token: view.csrfToken, user_code: body.user_code, decision: 'submit' }
  const consent = await phone.signIn(await phone.post(view.action, fields), ada)
  t.match(consent.view, { page: 'consent', resources: [{ name: orders }] })
  t.strictSame(names(consent.view.scopes), shown)
  await phone.decide(consent, 'allow')
  const poll = { grant_type: DEVICE_GRANT, device_code: body.device_code }
  t.match(await token(xwms, tv, poll), { status: 200, body: { scope: 'orders:read', refresh_token: String } })
  const approved = await xwms.storage.clientUsers.find(tv.client.id, ada.sub)
  t.strictSame(approved?.scopes.toSorted(), ['offline_access', 'openid', 'orders:read'])
})

t.test('a user code that another device has is drawn anew', async t => {
  let taken = 2
  const xwms = installation({}, storage => ({
    ...storage,
    deviceCodes: {
      ...storage.deviceCodes,
      create: async code => (taken-- > 0 ? { outcome: 'user_code_taken' } : storage.deviceCodes.create(code)),
    },
  }))
  const tv = await xwms.client(TV)
  t.equal((await begin(xwms, tv)).status, 200)
  taken = 1000
  t.match(await begin(xwms, tv), { status: 503, body: { error: 'temporarily_unavailable' } })
})

t.test('a device waits for its user, and slows down when told', async t => {
  const { xwms, poll, decide, ada } = await waiting()
  const pending = { status: 400, body: { error: 'authorization_pending' } }
  t.match(await poll(), pending)
  xwms.pass(1)
  t.match(await poll(), { status: 400, body: { error: 'slow_down' } })
  xwms.pass(6)
  t.match(await poll(), { status: 400, body: { error: 'slow_down' } }, 'the interval is ten seconds now')
  xwms.pass(15)
  t.match(await poll(), pending)
  await decide(true)
  xwms.pass(15)
  const { status, body } = await poll()
  t.equal(status, 200)
  t.match(body, {
    token_type: 'Bearer',
    scope: 'openid email offline_access',
    id_token: String,
    refresh_token: String,
  })
  t.match((await userinfo(xwms, body.access_token)).body, { sub: ada.sub, email: ada.email })
  xwms.pass(15)
  t.match(await poll(), { status: 400, body: { error: 'invalid_grant' } }, 'once')
})

t.test('of questions that come at once, one gets tokens', async t => {
  const { poll, decide } = await waiting()
  await decide(true)
  const answers = await Promise.all(Array.from({ length: 8 }, () => poll()))
  t.equal(answers.filter(({ status }) => status === 200).length, 1)
})

t.test('a user may refuse, and a code may be too old', async t => {
  const refused = await waiting()
  await refused.decide(false)
  t.match(await refused.poll(), { status: 400, body: { error: 'access_denied' } })
  const late = await waiting()
  late.xwms.pass(600)
  t.match(await late.poll(), { status: 400, body: { error: 'expired_token' } })
})

t.test('a device code serves the client that it was given to, and nobody else', async t => {
  const { xwms, poll, decide, started } = await waiting()
  await decide(true)
  const other = await xwms.client(TV)
  t.match(await poll(other), { status: 400, body: { error: 'invalid_grant' } })
  const ask = (form: Record<string, string>) => token(xwms, other, { grant_type: DEVICE_GRANT, ...form })
  t.match(await ask({}), { status: 400, body: { error: 'invalid_request' } })
  t.match(await ask({ device_code: 'unknown' }), { status: 400, body: { error: 'invalid_grant' } })
  t.match(await ask({ device_code: started.user_code }), { status: 400, body: { error: 'invalid_grant' } })
  t.equal((await poll()).status, 200)
})

t.test('what the user took back, or the client lost, meanwhile is not given', async t => {
  const revoked = await waiting()
  await revoked.decide(true)
  await revoked.xwms.storage.clientUsers.revoke(revoked.tv.client.id, revoked.ada.sub, revoked.xwms.now())
  t.match(await revoked.poll(), { status: 400, body: { error: 'invalid_grant' } })
  const disabled = await waiting()
  await disabled.decide(true)
  const { users } = disabled.xwms.storage
  Object.assign(users, { find: async () => ({ ...disabled.ada, disabledAt: disabled.xwms.now() }) })
  t.match(await disabled.poll(), { status: 400, body: { error: 'invalid_grant' } })
})

t.test('a confidential client authenticates at both ends', async t => {
  const { xwms, tv, poll, decide } = await waiting({ grantTypes: [DEVICE_GRANT] })
  await decide(true)
  t.match(await poll({ ...tv, value: 'wrong' }), { status: 401, body: { error: 'invalid_client' } })
  const { status, body } = await poll()
  t.equal(status, 200)
  t.notOk('refresh_token' in body)
  t.ok(xwms)
})
