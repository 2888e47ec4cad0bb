import t from 'tap'
import type { KitOptions } from '../../src/config/options.ts'
import { sha256 } from '../../src/lib/hash.ts'
import { narrowedDetails } from '../../src/oauth/granted-details.ts'
import { installation } from '../installation.ts'
import { approvedCode } from './approved.ts'
import { token } from './partner.ts'
import { registrar } from './registration/registrar.ts'

const PAYMENTS: Partial<KitOptions> = {
  oauth: {
    authorizationDetails: {
      payment: {
        describe: detail => `Pay ${detail.amount}`,
        problem: detail => (typeof detail.amount === 'string' ? undefined : 'needs an amount'),
      },
      account: { describe: () => 'See an account', problem: () => undefined },
    },
  },
}
const GRANT = { grant_type: 'client_credentials' }
const REFUSED = { status: 400, body: { error: 'invalid_authorization_details' } }
const payment = { type: 'payment', amount: '10', to: { iban: 'NL00', name: 'Bob' } }
const account = { type: 'account' }

t.test('what was granted is narrowed whole detail by whole detail, however it is written', async t => {
  const granted = JSON.stringify([payment, account])
  const reordered = '[{"to":{"name":"Bob","iban":"NL00"},"amount":"10","type":"payment"}]'
  t.equal(narrowedDetails(undefined, granted), granted)
  t.equal(narrowedDetails(undefined, undefined), undefined)
  t.strictSame(JSON.parse(narrowedDetails(reordered, granted) ?? ''), [payment])
  for (const asked of [
    JSON.stringify([{ ...payment, amount: '11' }]),
    '[{"type":"other"}]',
    '{}',
    '[7]',
    'nonsense',
    '[{}]',
    'null',
  ])
    t.throws(() => narrowedDetails(asked, granted), { code: 'invalid_authorization_details' }, asked)
  t.throws(() => narrowedDetails('[{"type":"account"}]', undefined), {
    code: 'invalid_authorization_details',
  })
})

t.test('what was granted is given as often as it was granted, and no oftener', async t => {
  const rows = [
    { granted: [payment], asked: [payment, payment], given: false },
    { granted: [payment, account], asked: [payment, account, payment], given: false },
    { granted: [payment, payment], asked: [payment, payment, payment], given: false },
    { granted: [payment, payment], asked: [payment, payment], given: true },
    { granted: [payment, payment], asked: [payment], given: true },
    { granted: [payment, account], asked: [account, payment], given: true },
  ]
  for (const { granted, asked, given } of rows) {
    const narrow = () => narrowedDetails(JSON.stringify(asked), JSON.stringify(granted))
    const row = `${JSON.stringify(asked)} of ${JSON.stringify(granted)}`
    if (given) t.strictSame(JSON.parse(narrow() ?? ''), asked, row)
    else t.throws(narrow, { code: 'invalid_authorization_details' }, row)
  }
  const reordered = '{"to":{"name":"Bob","iban":"NL00"},"amount":"10","type":"payment"}'
  t.throws(
    () => narrowedDetails(`[${JSON.stringify(payment)},${reordered}]`, JSON.stringify([payment])),
    { code: 'invalid_authorization_details' },
    'written otherwise, it is the same payment still',
  )
})

t.test('a payment that was approved once is not multiplied by a code, a refresh or a device', async t => {
  const xwms = installation(PAYMENTS)
  const device_code = 'urn:ietf:params:oauth:grant-type:device_code'
  const shop = await xwms.client({ grantTypes: ['authorization_code', 'refresh_token', device_code] })
  const ada = await xwms.user()
  const once = JSON.stringify([payment])
  const thrice = JSON.stringify([payment, payment, payment])
  const scopes = ['orders:read']
  const given = async (form: Readonly<Record<string, string>>, what: string) => {
    t.match(await token(xwms, shop, { ...form, authorization_details: thrice }), REFUSED, `${what}, thrice`)
    const { status, body } = await token(xwms, shop, { ...form, authorization_details: once })
    t.equal(status, 200, `${what}, once: the refusal spent nothing`)
    t.strictSame(body.authorization_details, [payment], what)
    return body
  }

  const code = await approvedCode(xwms, shop.client, ada, {
    scopes,
    parameters: { authorization_details: once },
  })
  const { refresh_token } = await given(code, 'a code')
  await given({ grant_type: 'refresh_token', refresh_token }, 'a refresh')

  const { body } = await xwms.ask('POST', '/oauth/device_authorization', {
    form: {
      client_id: shop.client.id,
      client_secret: shop.value,
      scope: 'orders:read',
      authorization_details: once,
    },
  })
  const started = JSON.parse(body as string)
  const decision = { sub: ada.sub, sid: 'sid_1', authenticatedAt: xwms.now(), amr: ['pwd'], scopes }
  t.ok(await xwms.storage.deviceCodes.decide(sha256(started.device_code), decision, xwms.now()))
  const poll = { grant_type: device_code, device_code: started.device_code }
  t.match(await token(xwms, shop, { ...poll, authorization_details: thrice }), REFUSED, 'a device, thrice')
  xwms.pass(started.interval)
  const answer = await token(xwms, shop, { ...poll, authorization_details: once })
  t.strictSame(answer.body.authorization_details, [payment], 'a device')
})

t.test('JSON that is nested beyond reason is refused like any other', async t => {
  const deep = `[{"type":"account","a":${'['.repeat(30_000)}${']'.repeat(30_000)}}]`
  t.throws(() => narrowedDetails(deep, '[]'), { code: 'invalid_authorization_details' })
})

t.test('a client asks for details of its own, of the types that are known to it', async t => {
  const xwms = installation(PAYMENTS)
  const shop = await xwms.client({ metadata: { authorization_details_types: ['payment'] } })
  const ask = (details: unknown) =>
    token(xwms, shop, { ...GRANT, authorization_details: JSON.stringify(details) })
  const { status, body } = await ask([payment])
  t.equal(status, 200)
  t.strictSame(body.authorization_details, [payment])
  const found = await xwms.storage.tokens.findAccessToken(sha256(body.access_token), xwms.now())
  t.strictSame(JSON.parse(found?.grant.parameters.authorization_details ?? ''), [payment])
  for (const bad of [
    [{ type: 'payment' }],
    [account],
    [{ type: 'toString' }],
    [{ type: '__proto__' }],
    {},
    [7],
  ])
    t.match(await ask(bad), REFUSED, JSON.stringify(bad))
})

t.test('nobody gets details that neither a user nor the operator approved', async t => {
  const authorization_details = JSON.stringify([payment])
  const owners = installation(PAYMENTS)
  const silent = await owners.client()
  t.match(
    await token(owners, silent, { ...GRANT, authorization_details }),
    REFUSED,
    'a client that lists no type',
  )
  const other = await owners.client({ metadata: { authorization_details_types: ['account'] } })
  t.match(await token(owners, other, { ...GRANT, authorization_details }), REFUSED, 'one that lists another')

  const xwms = await registrar({}, PAYMENTS)
  const { status, json } = await xwms.register({
    grant_types: ['client_credentials'],
    response_types: [],
    authorization_details_types: ['payment'],
  })
  t.equal(status, 201)
  const { client_id, client_secret } = json
  const ask = async (form: Record<string, string>) => {
    const credentials = Buffer.from(`${client_id}:${client_secret}`).toString('base64')
    const headers = { authorization: `Basic ${credentials}` }
    const answer = await xwms.ask('POST', '/oauth/token', { form: { ...GRANT, ...form }, headers })
    return { status: answer.status, body: JSON.parse(answer.body) }
  }
  t.match(await ask({ authorization_details }), REFUSED, 'one that registered itself, and listed it')
  t.match(await ask({}), { status: 200 }, 'which may act for itself otherwise')
})

t.test('an empty list of details is none', async t => {
  const xwms = installation(PAYMENTS)
  const device = 'urn:ietf:params:oauth:grant-type:device_code'
  const shop = await xwms.client({ grantTypes: ['client_credentials', device] })
  const { body } = await token(xwms, shop, { ...GRANT, authorization_details: '[]' })
  t.strictSame(
    [body.scope, body.authorization_details],
    ['manage:read manage orders:read orders:write', undefined],
  )
  const form = { client_id: shop.client.id, client_secret: shop.value, authorization_details: '[]' }
  const started = await xwms.ask('POST', '/oauth/device_authorization', { form })
  t.match(
    { status: started.status, body: JSON.parse(started.body) },
    { status: 400, body: { error: 'invalid_scope' } },
  )
})

t.test('what a user approved stands in the answer, and goes on to each refresh', async t => {
  const xwms = installation(PAYMENTS)
  const shop = await xwms.client()
  const ada = await xwms.user()
  const authorization_details = JSON.stringify([payment, account])
  const code = () =>
    approvedCode(xwms, shop.client, ada, { scopes: ['orders:read'], parameters: { authorization_details } })
  t.strictSame((await token(xwms, shop, await code())).body.authorization_details, [payment, account])
  t.match(
    await token(xwms, shop, { ...(await code()), authorization_details: '[{"type":"other"}]' }),
    REFUSED,
  )

  const narrowed = await token(xwms, shop, {
    ...(await code()),
    authorization_details: JSON.stringify([account]),
  })
  t.strictSame(narrowed.body.authorization_details, [account])
  const refresh = { grant_type: 'refresh_token', refresh_token: narrowed.body.refresh_token }
  t.match(await token(xwms, shop, { ...refresh, authorization_details }), REFUSED)
  const next = await token(xwms, shop, { ...refresh, authorization_details: JSON.stringify([account]) })
  t.strictSame(next.body.authorization_details, [account])
})

t.test('a refresh narrows them for one access token; the next has them all again', async t => {
  const xwms = installation(PAYMENTS)
  const shop = await xwms.client()
  const authorization_details = JSON.stringify([payment, account])
  const code = await approvedCode(xwms, shop.client, await xwms.user(), {
    scopes: ['orders:read'],
    parameters: { authorization_details },
  })
  let { refresh_token } = (await token(xwms, shop, code)).body
  const refresh = async (asked?: unknown) => {
    const answer = await token(xwms, shop, {
      grant_type: 'refresh_token',
      refresh_token,
      authorization_details: asked === undefined ? undefined : JSON.stringify(asked),
    })
    refresh_token = answer.body.refresh_token ?? refresh_token
    return answer
  }
  const introspected = async (value: string) => {
    const { body } = await xwms.ask('POST', '/oauth/introspect', {
      form: { client_id: shop.client.id, client_secret: shop.value, token: value },
    })
    return JSON.parse(body as string).authorization_details
  }
  for (const asked of [[account], [payment], [account, payment], []]) {
    const { status, body } = await refresh(asked)
    t.equal(status, 200)
    t.strictSame(body.authorization_details, asked)
    t.strictSame(await introspected(body.access_token), asked)
    t.strictSame(await introspected(body.refresh_token), [payment, account], 'what a refresh can give')
  }
  for (const wider of [
    [account, { type: 'other' }],
    [{ ...payment, amount: '11' }],
    [{ ...account, more: true }],
    [{ type: 'payment' }],
  ])
    t.match(await refresh(wider), REFUSED, JSON.stringify(wider))
  t.strictSame((await refresh()).body.authorization_details, [payment, account])
})
