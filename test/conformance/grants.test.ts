import { decodeJwt } from 'jose'
import { type Answer, conformance, type Party, type Provider } from './provider.ts'
import {
  approve,
  assertingParty,
  assertion,
  type Begun,
  begin,
  type ClientKey,
  clientKey,
  dpop,
  isInvalidClient,
  redeem,
  referenceUrl,
  responseOf,
  signIn,
  token,
  told,
  userinfo,
} from './relying-party.ts'

const OWN = { grant_type: 'client_credentials', scope: 'orders:read' }
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code'
const OFFLINE = { scope: 'openid offline_access', prompt: 'consent' }
/** How long codes live: here, and at most where their client is strict. */
const CODE_SECONDS = { configured: 300, strict: 60 }

/** Pushes a request of a strict client; answers where its browser goes. */
async function pushed(provider: Provider, party: Party, key: ClientKey, { parameters }: Begun): Promise<URL> {
  const form = { ...parameters, ...(await assertion(provider, party, key)) }
  const { body } = await provider.ask('/oauth/par', { form })
  return referenceUrl(provider, party, body.request_uri)
}

async function redeemStrict(
  provider: Provider,
  party: Party,
  key: ClientKey,
  begun: Begun,
  code: string | undefined,
): Promise<Answer> {
  const proof = await assertion(provider, party, key)
  return redeem(provider, party, begun, code, proof, { headers: await newDpop(provider) })
}

/** A proof at the token endpoint, by a key that was never there before. */
async function newDpop(provider: Provider): Promise<{ dpop: string }> {
  return dpop(provider, await clientKey(), { method: 'POST', url: `${provider.issuer}/oauth/token` })
}

/** How many bits are not the same in each of them. */
function varyingBits(codes: readonly string[]): number {
  const [first, ...others] = codes.map(code => BigInt(`0x${Buffer.from(code, 'base64url').toString('hex')}`))
  const differing = others.reduce((bits, code) => bits | (code ^ (first as bigint)), 0n)
  return differing.toString(2).replaceAll('0', '').length
}

await conformance(
  statement => {
    statement(
      'TOKEN-10',
      'Codes have at least 128 bits, and live at most 60 seconds for strict clients',
      async (t, provider) => {
        const { party: strict, key } = await assertingParty(provider, 'ES256', 'fapi2')
        const party = await provider.client()
        const browser = provider.browser()
        await signIn(provider, party, {}, { browser })
        const ordinaryCode = async () => {
          const begun = begin(provider, party)
          const { code = '' } = await told(browser, begun.url)
          return { code, redeemed: () => redeem(provider, party, begun, code) }
        }
        const strictCode = async () => {
          const begun = begin(provider, strict)
          const { code = '' } = responseOf(await approve(browser, await pushed(provider, strict, key, begun)))
          return { code, redeemed: () => redeemStrict(provider, strict, key, begun, code) }
        }
        for (const code of [ordinaryCode, strictCode]) {
          const codes = await Promise.all(Array.from({ length: 16 }, async () => (await code()).code))
          t.ok(varyingBits(codes) >= 128, `${varyingBits(codes)} bits differ from code to code`)
        }

        const [early, late] = [await strictCode(), await strictCode()]
        const [ordinary, expired] = [await ordinaryCode(), await ordinaryCode()]
        const refused = { status: 400, body: { error: 'invalid_grant' } }
        provider.passes(CODE_SECONDS.strict - 5)
        t.equal((await early.redeemed()).status, 200)
        provider.passes(5)
        t.match(await late.redeemed(), refused, 'a strict client’s code of a minute ago')
        provider.passes(CODE_SECONDS.configured - CODE_SECONDS.strict - 5)
        t.equal((await ordinary.redeemed()).status, 200, 'others live for as long as they are configured to')
        provider.passes(5)
        t.match(await expired.redeemed(), refused, 'and no longer')
      },
    )

    statement(
      'TOKEN-11',
      'A code is redeemed once, by its client; a second time is invalid_grant and revokes what it gave',
      async (t, provider) => {
        const party = await provider.client()
        const other = await provider.client()
        const begun = begin(provider, party)
        const { code } = responseOf(await approve(provider.browser(), begun.url))
        const stolen = await redeem(provider, other, begun, code)
        t.match(stolen, { status: 400, body: { error: 'invalid_grant' } })
        const { status, body } = await redeem(provider, party, begun, code)
        t.equal(status, 200)
        const again = await redeem(provider, party, begun, code)
        t.match(again, { status: 400, body: { error: 'invalid_grant' } })
        t.equal((await userinfo(provider, body.access_token)).status, 401)
      },
    )

    statement('TOKEN-13', 'Refresh keeps sub, iss, aud and auth_time', async (t, provider) => {
      const party = await provider.client()
      const first = await signIn(provider, party, OFFLINE)
      provider.passes(30)
      const { body } = await token(provider, party, {
        grant_type: 'refresh_token',
        refresh_token: first.refresh_token,
      })
      const before = decodeJwt(first.id_token as string)
      const after = decodeJwt(body.id_token)
      for (const name of ['sub', 'iss', 'aud', 'auth_time'] as const) t.same(after[name], before[name], name)
      t.notOk('nonce' in after)
      t.ok((after.iat as number) > (before.iat as number))
    })

    statement(
      'TOKEN-14',
      'A refresh token belongs to its client, and the client authenticates',
      async (t, provider) => {
        const party = await provider.client()
        const { refresh_token } = await signIn(provider, party, OFFLINE)
        const form = { grant_type: 'refresh_token', refresh_token }
        const theirs = await token(provider, await provider.client(), form)
        t.match(theirs, { status: 400, body: { error: 'invalid_grant' } })
        isInvalidClient(t, await token(provider, { ...party, secret: '' }, form), 'without a secret')
        t.equal((await token(provider, party, form)).status, 200)
      },
    )

    statement(
      'TOKEN-15',
      'Refresh tokens rotate; a repeat within seconds gets the same successor; a later replay ends the family',
      async (t, provider) => {
        const party = await provider.client()
        const { refresh_token } = await signIn(provider, party, OFFLINE)
        const form = { grant_type: 'refresh_token', refresh_token }
        const first = await token(provider, party, form)
        t.not(first.body.refresh_token, refresh_token)
        const repeat = await token(provider, party, form)
        t.equal(repeat.body.refresh_token, first.body.refresh_token)
        provider.passes(11)
        t.equal((await token(provider, party, form)).body.error, 'invalid_grant')
        const successor = { ...form, refresh_token: first.body.refresh_token }
        t.equal((await token(provider, party, successor)).body.error, 'invalid_grant')
        t.equal((await userinfo(provider, first.body.access_token)).status, 401)
      },
    )

    statement(
      'TOKEN-16',
      "Strict clients' refresh tokens do not rotate, and take a new DPoP key",
      async (t, provider) => {
        const { party, key } = await assertingParty(provider, 'ES256', 'fapi2')
        const begun = begin(provider, party, OFFLINE)
        const page = await approve(provider.browser(), await pushed(provider, party, key, begun))
        const redeemed = await redeemStrict(provider, party, key, begun, responseOf(page).code)
        const { refresh_token } = redeemed.body
        t.type(refresh_token, 'string')
        for (const wait of [0, 30, 30]) {
          provider.passes(wait)
          const refreshed = await token(
            provider,
            party,
            { grant_type: 'refresh_token', refresh_token, ...(await assertion(provider, party, key)) },
            { headers: await newDpop(provider) },
          )
          t.match(refreshed, { status: 200, body: { token_type: 'DPoP' } })
          t.ok([undefined, refresh_token].includes(refreshed.body.refresh_token))
        }
      },
    )

    statement(
      'TOKEN-17',
      'Client credentials give a token without user and without refresh token',
      async (t, provider) => {
        const party = await provider.client()
        const { body } = await token(provider, party, OWN)
        t.notOk('refresh_token' in body || 'id_token' in body)
        t.equal((await userinfo(provider, body.access_token)).status, 401)
        t.equal((await token(provider, party, { ...OWN, scope: 'openid' })).body.error, 'invalid_scope')
      },
    )

    statement(
      'TOKEN-18',
      'A device gets its tokens once its user has approved: pending, slow_down, denied and expired are told apart',
      async (t, provider) => {
        const party = await provider.client({
          type: 'public',
          grantTypes: [DEVICE, 'refresh_token'],
          redirectUris: [],
        })
        const ask = async () => {
          const { body } = await provider.ask('/oauth/device_authorization', {
            form: { client_id: party.id, scope: 'openid email' },
          })
          t.match(body.user_code, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/)
          t.equal(body.verification_uri, `${provider.issuer}/device`)
          t.ok(body.interval >= 1 && body.expires_in > 0)
          const poll = () => token(provider, party, { grant_type: DEVICE, device_code: body.device_code })
          return { ...body, poll }
        }
        const decide = async (device: { verification_uri_complete: string }, button: string) => {
          const browser = provider.browser()
          let page = await browser.open(device.verification_uri_complete)
          page = await browser.press(page, 'device-submit')
          if (page.html.includes('login-submit'))
            page = await browser.press(page, 'login-submit', {
              login: 'ada@example.com',
              password: 'correct horse battery staple',
            })
          return browser.press(page, button)
        }
        const device = await ask()
        t.equal((await device.poll()).body.error, 'authorization_pending')
        t.equal((await device.poll()).body.error, 'slow_down')
        await decide(device, 'consent-allow')
        provider.passes(15)
        const got = await device.poll()
        t.equal(got.status, 200)
        t.equal((await userinfo(provider, got.body.access_token)).body.email, 'ada@example.com')
        t.equal((await device.poll()).body.error, 'invalid_grant')

        const denied = await ask()
        await decide(denied, 'consent-deny')
        t.equal((await denied.poll()).body.error, 'access_denied')

        const late = await ask()
        provider.passes(late.expires_in + 1)
        t.equal((await late.poll()).body.error, 'expired_token')
      },
    )
  },
  () => ({ lifetimes: { codeSeconds: CODE_SECONDS.configured } }),
)
