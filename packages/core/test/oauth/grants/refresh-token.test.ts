import t from 'tap'
import { updateClient } from '../../../src/manage/clients.ts'
import type { User } from '../../../src/model/user.ts'
import { type Installation, installation, type Registered } from '../../installation.ts'
import { approvedCode } from '../approved.ts'
import { takesBackMeanwhile, token, tokensFor, userinfo } from '../partner.ts'

const DAY = 86_400
const OFFLINE = { scope: 'openid email offline_access' }

/** An installation in which a client has tokens for Ada. */
async function withTokens(options?: Parameters<typeof installation>[0]) {
  const xwms = installation(options)
  const shop = await xwms.client()
  const ada = await xwms.user()
  const tokens = await tokensFor(xwms, shop, ada, OFFLINE)
  const refresh = (refresh_token: string, form: Record<string, string> = {}, by: Registered = shop) =>
    token(xwms, by, { grant_type: 'refresh_token', refresh_token, ...form })
  return { xwms, shop, ada, tokens, refresh }
}

const works = async (xwms: Installation, accessToken: string) =>
  (await userinfo(xwms, accessToken)).status === 200

const claimsOf = (idToken: string) =>
  JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString())

t.test('a refresh gives new tokens of the same kind, and the access token before stays good', async t => {
  const { xwms, tokens, refresh } = await withTokens()
  xwms.pass(1800)
  const { status, headers, body } = await refresh(tokens.refresh_token)
  t.equal(status, 200)
  t.match(headers, { 'cache-control': 'no-store', pragma: 'no-cache' })
  t.match(body, { token_type: 'Bearer', expires_in: 3600, scope: 'openid email offline_access' })
  t.match(body.access_token, /^xwms_at_/)
  t.match(body.refresh_token, /^xwms_rt_/)
  t.not(body.access_token, tokens.access_token)
  t.not(body.refresh_token, tokens.refresh_token)
  t.ok(await works(xwms, tokens.access_token))
  t.ok(await works(xwms, body.access_token))
})

t.test('a refreshed ID token tells the same sign-in, and has no nonce', async t => {
  const { xwms, tokens, refresh } = await withTokens()
  xwms.pass(1800)
  const before = claimsOf(tokens.id_token)
  const after = claimsOf((await refresh(tokens.refresh_token)).body.id_token)
  for (const claim of ['iss', 'sub', 'aud', 'auth_time', 'amr', 'sid'])
    t.strictSame(after[claim], before[claim], claim)
  t.equal(after.iat, before.iat + 1800)
  t.notOk('nonce' in after)
})

t.test('refreshes that run at once all succeed, with one successor between them', async t => {
  const { xwms, tokens, refresh } = await withTokens()
  const answers = await Promise.all(Array.from({ length: 4 }, () => refresh(tokens.refresh_token)))
  t.strictSame(
    answers.map(({ status }) => status),
    [200, 200, 200, 200],
  )
  t.equal(new Set(answers.map(({ body }) => body.refresh_token)).size, 1)
  t.equal(new Set(answers.map(({ body }) => body.access_token)).size, 4)
  for (const { body } of answers) t.ok(await works(xwms, body.access_token))
  t.equal((await refresh(answers[0]?.body.refresh_token)).status, 200)
})

t.test('for some seconds a repeat gets the same successor; after that it ends the family', async t => {
  const { xwms, tokens, refresh } = await withTokens()
  const first = await refresh(tokens.refresh_token)
  xwms.pass(9)
  const repeat = await refresh(tokens.refresh_token)
  t.equal(repeat.status, 200)
  t.equal(repeat.body.refresh_token, first.body.refresh_token)

  xwms.pass(1)
  const replay = await refresh(tokens.refresh_token)
  t.match(replay, { status: 400, body: { error: 'invalid_grant' } })
  for (const { access_token } of [tokens, first.body, repeat.body]) t.notOk(await works(xwms, access_token))
  t.match(await refresh(first.body.refresh_token), { status: 400, body: { error: 'invalid_grant' } })
  t.match(
    xwms.log.filter(({ message }) => /replayed/.test(message)),
    [{ level: 'warn', fields: { clientId: String, grantId: /^gr_/ } }],
  )
})

t.test('without a grace period a repeat is a replay at once', async t => {
  const { xwms, tokens, refresh } = await withTokens({ lifetimes: { refreshGraceSeconds: 0 } })
  const first = await refresh(tokens.refresh_token)
  t.equal((await refresh(tokens.refresh_token)).status, 400)
  t.notOk(await works(xwms, first.body.access_token))
})

t.test('a replay within the grace period, of a token two generations old, still ends the family', async t => {
  const { xwms, tokens, refresh } = await withTokens()
  const second = await refresh(tokens.refresh_token)
  xwms.pass(30)
  const third = await refresh(second.body.refresh_token)
  t.equal((await refresh(tokens.refresh_token)).status, 400)
  t.equal((await refresh(third.body.refresh_token)).status, 400)
})

t.test(
  'a refresh token serves its own client, and a stranger’s attempt neither spends nor ends it',
  async t => {
    const { xwms, tokens, refresh } = await withTokens()
    const other = await xwms.client()
    t.match(await refresh(tokens.refresh_token, {}, other), { status: 400, body: { error: 'invalid_grant' } })
    t.ok(await works(xwms, tokens.access_token))
    t.equal((await refresh(tokens.refresh_token)).status, 200)
  },
)

t.test('what is no refresh token is an invalid_grant, and none at all an invalid_request', async t => {
  const { tokens, refresh } = await withTokens()
  for (const presented of ['x', tokens.access_token, `${tokens.refresh_token}x`, tokens.id_token])
    t.match(await refresh(presented), { status: 400, body: { error: 'invalid_grant' } })
  t.match(await refresh(''), { status: 400, body: { error: 'invalid_request' } })
})

t.test('the scope can be narrowed, never widened', async t => {
  const { xwms, tokens, refresh } = await withTokens()
  const narrow = await refresh(tokens.refresh_token, { scope: 'email' })
  t.equal(narrow.body.scope, 'email')
  t.notOk('id_token' in narrow.body)
  t.equal((await userinfo(xwms, narrow.body.access_token)).status, 403, 'openid was left out')

  const wide = await refresh(narrow.body.refresh_token, { scope: 'openid email profile' })
  t.match(wide, { status: 400, body: { error: 'invalid_scope' } })
  t.match(await refresh(narrow.body.refresh_token, { scope: 'unheard-of' }), {
    body: { error: 'invalid_scope' },
  })

  const whole = await refresh(narrow.body.refresh_token)
  t.equal(whole.body.scope, 'openid email offline_access', 'a narrow access token does not narrow the grant')
})

t.test('a client that lost every scope of a grant gets no token without any', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const ada = await xwms.user()
  const code = () => approvedCode(xwms, shop.client, ada, { scopes: ['orders:read'] })
  const { body } = await token(xwms, shop, await code())
  const waiting = await code()
  await updateClient(xwms.environment, shop.client.id, { scopes: ['orders:write'] })
  const refused = { status: 400, body: { error: 'invalid_grant' } }
  t.match(await token(xwms, shop, waiting), refused)
  t.match(
    await token(xwms, shop, { grant_type: 'refresh_token', refresh_token: body.refresh_token }),
    refused,
  )
})

t.test('a scope that the client lost is not given again', async t => {
  const { xwms, shop, tokens, refresh } = await withTokens()
  await updateClient(xwms.environment, shop.client.id, { scopes: ['openid', 'offline_access'] })
  t.match(await refresh(tokens.refresh_token, { scope: 'openid email' }), {
    status: 400,
    body: { error: 'invalid_scope' },
  })
  const { body } = await refresh(tokens.refresh_token)
  t.equal(body.scope, 'openid offline_access')
  t.notOk('email' in (await userinfo(xwms, body.access_token)).body)
})

t.test('a refresh token that nobody uses expires, and using it pushes its end on', async t => {
  const { xwms, tokens, refresh } = await withTokens()
  xwms.pass(30 * DAY - 1)
  const next = await refresh(tokens.refresh_token)
  t.equal(next.status, 200)
  xwms.pass(30 * DAY - 1)
  const after = await refresh(next.body.refresh_token)
  t.equal(after.status, 200)
  xwms.pass(30 * DAY)
  t.match(await refresh(after.body.refresh_token), { status: 400, body: { error: 'invalid_grant' } })
})

t.test('a family ends on its day, however diligently it is used', async t => {
  const { xwms, tokens, refresh } = await withTokens({
    lifetimes: { refreshTokenIdleSeconds: 10 * DAY, refreshTokenFamilySeconds: 25 * DAY },
  })
  let presented = tokens.refresh_token
  for (const day of [9, 18, 24]) {
    xwms.pass((day === 24 ? 6 : 9) * DAY)
    const { status, body } = await refresh(presented)
    t.equal(status, 200, `day ${day}`)
    presented = body.refresh_token
  }
  xwms.pass(DAY)
  t.match(await refresh(presented), { status: 400, body: { error: 'invalid_grant' } })
})

t.test('a user who revoked the approval, was disabled, or is gone, is refreshed no more', async t => {
  type With = { xwms: Installation; shop: Registered; ada: User }
  const table: Record<string, (given: With) => unknown> = {
    'revoked the approval': ({ xwms, shop, ada }) =>
      xwms.storage.clientUsers.revoke(shop.client.id, ada.sub, xwms.now()),
    'was disabled': ({ xwms, ada }) =>
      Object.assign(xwms.storage.users, { find: async () => ({ ...ada, disabledAt: xwms.now() }) }),
    'is gone': ({ xwms }) => Object.assign(xwms.storage.users, { find: async () => undefined }),
  }
  for (const [name, change] of Object.entries(table)) {
    const { refresh, tokens, ...given } = await withTokens()
    await change(given)
    t.match(await refresh(tokens.refresh_token), { status: 400, body: { error: 'invalid_grant' } }, name)
    t.notOk(await works(given.xwms, tokens.access_token), name)
  }
})

t.test('what the user takes back while a client refreshes is not given, and what is left is', async t => {
  const { xwms, shop, ada, tokens, refresh } = await withTokens()
  takesBackMeanwhile(xwms, () =>
    xwms.storage.clientUsers.removeScope(shop.client.id, ada.sub, 'email', xwms.now()),
  )
  const { status, body } = await refresh(tokens.refresh_token)
  t.match([status, body.scope], [200, 'openid offline_access'])
  t.ok(await works(xwms, body.access_token))
})

t.test('a client that may not refresh any more is told so', async t => {
  const { xwms, shop, tokens, refresh } = await withTokens()
  await updateClient(xwms.environment, shop.client.id, { grantTypes: ['authorization_code'] })
  t.match(await refresh(tokens.refresh_token), { status: 400, body: { error: 'unauthorized_client' } })
})

t.test('a public client refreshes with its id alone, and its tokens rotate all the same', async t => {
  const xwms = installation()
  const app = await xwms.client({ type: 'public', grantTypes: ['authorization_code', 'refresh_token'] })
  const tokens = await tokensFor(xwms, app, await xwms.user(), OFFLINE)
  const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }
  const next = await token(xwms, app, form)
  t.equal(next.status, 200)
  xwms.pass(11)
  t.equal((await token(xwms, app, form)).status, 400)
  t.equal((await token(xwms, app, { ...form, refresh_token: next.body.refresh_token })).status, 400)
})
