import t from 'tap'
import { type Installation, installation, type Registered } from '../installation.ts'
import { token, tokensFor, userinfo } from './partner.ts'

const PATH = '/oauth/revoke'

async function revoke(
  { ask }: Installation,
  { client, value }: Pick<Registered, 'client' | 'value'>,
  form: Readonly<Record<string, string>>,
) {
  const credentials = {
    client_id: client.id,
    ...(client.type === 'confidential' && { client_secret: value }),
  }
  return ask('POST', PATH, { form: { ...credentials, ...form } })
}

async function withTokens() {
  const xwms = installation()
  const shop = await xwms.client()
  const tokens = await tokensFor(xwms, shop, await xwms.user())
  return { xwms, shop, tokens }
}

/** What still works: the access token, and the refresh token. */
async function standing(
  { xwms, shop }: { xwms: Installation; shop: Registered },
  { access_token, refresh_token }: { access_token: string; refresh_token: string },
) {
  const access = (await userinfo(xwms, access_token)).status === 200
  const refreshed = await token(xwms, shop, { grant_type: 'refresh_token', refresh_token })
  return [access, refreshed.status === 200]
}

t.test('an access token goes alone, a refresh token with all of its grant', async t => {
  for (const token_type_hint of [undefined, 'access_token', 'refresh_token', 'nonsense']) {
    const hint = { ...(token_type_hint !== undefined && { token_type_hint }) }
    const one = await withTokens()
    // It is in memory by then.
    await userinfo(one.xwms, one.tokens.access_token)
    const gone = await revoke(one.xwms, one.shop, { token: one.tokens.access_token, ...hint })
    t.match(gone, { status: 200, body: '', headers: { 'cache-control': 'no-store' } })
    t.strictSame(await standing(one, one.tokens), [false, true], `access token, ${token_type_hint}`)

    const other = await withTokens()
    await userinfo(other.xwms, other.tokens.access_token)
    t.equal(
      (await revoke(other.xwms, other.shop, { token: other.tokens.refresh_token, ...hint })).status,
      200,
    )
    t.strictSame(await standing(other, other.tokens), [false, false], `refresh token, ${token_type_hint}`)
  }
})

t.test('a spent refresh token still takes its family with it', async t => {
  const given = await withTokens()
  const { refresh_token } = given.tokens
  const { body } = await token(given.xwms, given.shop, { grant_type: 'refresh_token', refresh_token })
  await revoke(given.xwms, given.shop, { token: refresh_token })
  t.strictSame(await standing(given, body), [false, false])
})

t.test('revoking again, or what nobody knows, is no error', async t => {
  const { xwms, shop, tokens } = await withTokens()
  for (const token of [
    tokens.refresh_token,
    tokens.refresh_token,
    tokens.access_token,
    'unknown',
    'a.b.c',
    ' ',
  ])
    t.equal((await revoke(xwms, shop, { token })).status, 200)
})

t.test('another client’s token stays, and its finder hears what one hears of an unknown one', async t => {
  const given = await withTokens()
  const thief = await given.xwms.client({ workspaceId: given.shop.client.workspaceId })
  const unknown = await revoke(given.xwms, thief, { token: 'unknown' })
  for (const token of [given.tokens.access_token, given.tokens.refresh_token]) {
    const { status, body, headers } = await revoke(given.xwms, thief, { token })
    t.strictSame([status, body], [unknown.status, unknown.body])
    t.strictSame(Object.keys(headers), Object.keys(unknown.headers))
  }
  t.strictSame(await standing(given, given.tokens), [true, true])
})

t.test('an ID token cannot be revoked', async t => {
  const { xwms, shop, tokens } = await withTokens()
  const { status, body } = await revoke(xwms, shop, { token: tokens.id_token })
  t.equal(status, 400)
  t.equal(JSON.parse(body).error, 'unsupported_token_type')
  const other = await xwms.client({ workspaceId: shop.client.workspaceId })
  t.equal((await revoke(xwms, other, { token: tokens.id_token })).status, 200, 'and nobody else hears of it')
})

t.test('a public client revokes its own by its id', async t => {
  const xwms = installation()
  const app = await xwms.client({ type: 'public' })
  const tokens = await tokensFor(xwms, app, await xwms.user())
  t.equal((await revoke(xwms, app, { token: tokens.refresh_token })).status, 200)
  t.equal((await userinfo(xwms, tokens.access_token)).status, 401)
})

t.test('who does not prove who it is revokes nothing', async t => {
  const given = await withTokens()
  const { xwms, shop, tokens } = given
  const wrong = await revoke(xwms, { ...shop, value: 'wrong' }, { token: tokens.refresh_token })
  t.equal(wrong.status, 401)
  t.equal(JSON.parse(wrong.body).error, 'invalid_client')
  const nobody = await xwms.ask('POST', PATH, { form: { token: tokens.refresh_token } })
  t.equal(nobody.status, 401)
  t.strictSame(await standing(given, tokens), [true, true])
})

t.test('a request without a token, or by GET, is no request', async t => {
  const { xwms, shop } = await withTokens()
  const { status, body } = await revoke(xwms, shop, {})
  t.equal(status, 400)
  t.equal(JSON.parse(body).error, 'invalid_request')
  t.equal((await xwms.ask('GET', PATH)).status, 405)
})
