import { conformance } from './provider.ts'
import { approve, begin, idTokenClaims, redeem, responseOf, signIn, told, userinfo } from './relying-party.ts'

await conformance(statement => {
  statement('AUTH-17', 'prompt=none answers silently with a usable session', async (t, provider) => {
    const party = await provider.client()
    const browser = provider.browser()
    await signIn(provider, party, {}, { browser })
    const begun = begin(provider, party, { prompt: 'none' })
    t.ok((await told(browser, begun.url)).code)
  })

  statement(
    'AUTH-18',
    'prompt=none without a session is login_required; without an approval consent_required',
    async (t, provider) => {
      const browser = provider.browser()
      await signIn(provider, await provider.client(), {}, { browser })
      const party = await provider.client()
      const { url } = begin(provider, party, { prompt: 'none' })
      t.equal((await told(provider.browser(), url)).error, 'login_required')
      t.equal((await told(browser, url)).error, 'consent_required')
    },
  )

  statement(
    'AUTH-19',
    'prompt=login asks for the password again, and auth_time is later',
    async (t, provider) => {
      const party = await provider.client()
      const browser = provider.browser()
      const first = await idTokenClaims(provider, (await signIn(provider, party, {}, { browser })).id_token)
      provider.passes(2)
      const begun = begin(provider, party, { prompt: 'login' })
      const page = await browser.open(begun.url)
      t.match(page.html, 'login-submit')
      const { code } = responseOf(await approve(browser, page))
      const { body } = await redeem(provider, party, begun, code)
      const second = await idTokenClaims(provider, body.id_token)
      t.ok((second.auth_time as number) > (first.auth_time as number))
    },
  )

  statement('AUTH-20', 'prompt=consent asks again', async (t, provider) => {
    const party = await provider.client()
    const browser = provider.browser()
    await signIn(provider, party, {}, { browser })
    provider.passes(1)
    const page = await browser.open(begin(provider, party, { prompt: 'consent' }).url)
    t.match(page.html, 'consent-allow')
    t.ok(responseOf(await approve(browser, page)).code)
  })

  statement(
    'AUTH-21',
    'max_age asks again when exceeded, is silent when not, and always brings auth_time',
    async (t, provider) => {
      const party = await provider.client()
      const browser = provider.browser()
      const first = await signIn(provider, party, { max_age: '10000' }, { browser })
      const { auth_time } = await idTokenClaims(provider, first.id_token)
      t.type(auth_time, 'number')
      const silent = begin(provider, party, { max_age: '10000', prompt: 'none' })
      const { code } = await told(browser, silent.url)
      const again = await redeem(provider, party, silent, code)
      t.equal((await idTokenClaims(provider, again.body.id_token)).auth_time, auth_time)
      provider.passes(3)
      t.match((await browser.open(begin(provider, party, { max_age: '1' }).url)).html, 'login-submit')
      const refused = await told(browser, begin(provider, party, { max_age: '1', prompt: 'none' }).url)
      t.equal(refused.error, 'login_required')
      const later = await signIn(provider, party, { max_age: '1' }, { browser })
      t.ok(((await idTokenClaims(provider, later.id_token)).auth_time as number) > (auth_time as number))
    },
  )

  statement(
    'AUTH-22',
    "id_token_hint with prompt=none keeps subject and auth_time; another user's is login_required",
    async (t, provider) => {
      const party = await provider.client()
      const browser = provider.browser()
      const { id_token } = await signIn(provider, party, {}, { browser })
      const first = await idTokenClaims(provider, id_token)
      provider.passes(2)
      const begun = begin(provider, party, { prompt: 'none', id_token_hint: id_token })
      const { code } = await told(browser, begun.url)
      const { body } = await redeem(provider, party, begun, code)
      const second = await idTokenClaims(provider, body.id_token)
      t.equal(second.sub, first.sub)
      t.equal(second.auth_time, first.auth_time)
      const bobs = await signIn(provider, party, {}, { login: 'bob@example.com' })
      const refused = begin(provider, party, { prompt: 'none', id_token_hint: bobs.id_token })
      t.equal((await told(browser, refused.url)).error, 'login_required')
    },
  )

  statement(
    'AUTH-23',
    'login_hint, display, ui_locales, claims_locales and acr_values never cause an error',
    async (t, provider) => {
      const party = await provider.client()
      const over = {
        login_hint: 'ada@example.com',
        display: 'popup',
        ui_locales: 'se xx-invalid- nl',
        claims_locales: 'se',
        acr_values: '1 2 urn:whatever',
      }
      const browser = provider.browser()
      const page = await browser.open(begin(provider, party, over).url)
      t.match(page.html, 'value="ada@example.com"')
      t.ok(await signIn(provider, party, over, { browser }))
      t.ok(await signIn(provider, party, { ...over, display: 'hologram' }, { browser }))
    },
  )

  statement(
    'AUTH-24',
    'A requested acr that is met comes back; an essential one that cannot be met is refused',
    async (t, provider) => {
      const party = await provider.client()
      const { body: metadata } = await provider.ask('/.well-known/openid-configuration')
      const [acr] = metadata.acr_values_supported
      const browser = provider.browser()
      const met = await signIn(provider, party, { acr_values: `urn:other ${acr}` }, { browser })
      t.equal((await idTokenClaims(provider, met.id_token)).acr, acr)
      const essential = (values: string[]) => ({
        claims: JSON.stringify({ id_token: { acr: { essential: true, values } } }),
      })
      const fine = await signIn(provider, party, essential([acr]), { browser })
      t.equal((await idTokenClaims(provider, fine.id_token)).acr, acr)
      const refused = await told(browser, begin(provider, party, essential(['urn:impossible'])).url)
      t.equal(refused.error, 'unmet_authentication_requirements')
    },
  )

  statement(
    'AUTH-25',
    'The claims parameter places claims in the ID token or in userinfo; unknown ones are ignored',
    async (t, provider) => {
      const party = await provider.client()
      const claims = JSON.stringify({
        userinfo: { given_name: { essential: true }, nonsense: null },
        id_token: { email: null, auth_time: { essential: true }, birthdate: null, nonsense: { value: 1 } },
      })
      const tokens = await signIn(provider, party, { claims })
      const idToken = await idTokenClaims(provider, tokens.id_token)
      t.equal(idToken.email, 'ada@example.com')
      t.equal(idToken.birthdate, '1815-12-10')
      t.notOk('given_name' in idToken || 'nonsense' in idToken)
      const { body } = await userinfo(provider, tokens.access_token)
      t.same(body, { sub: provider.user.sub, given_name: 'Ada' })
      const malformed = begin(provider, party, { claims: '{"id_token":' })
      t.equal((await told(provider.browser(), malformed.url)).error, 'invalid_request')
    },
  )

  statement('AUTH-28', 'offline_access brings a refresh token, and its absence none', async (t, provider) => {
    const party = await provider.client()
    const browser = provider.browser()
    t.equal((await signIn(provider, party, {}, { browser })).refresh_token, undefined)
    const over = { scope: 'openid offline_access', prompt: 'consent' }
    t.type((await signIn(provider, party, over, { browser })).refresh_token, 'string')
  })

  statement(
    'AUTH-29',
    'Consent is remembered per scope, claim and resource, and asked anew only for more',
    async (t, provider) => {
      const party = await provider.client()
      const browser = provider.browser()
      const asks = async (over: Record<string, string>) => {
        const page = await browser.open(begin(provider, party, over).url)
        const asked = page.html.includes('consent-allow') || page.html.includes('login-submit')
        if (asked) t.ok(responseOf(await approve(browser, page)).code)
        return asked
      }
      const claims = JSON.stringify({ userinfo: { birthdate: null } })
      const more: Record<string, string>[] = [
        { scope: 'openid' },
        { scope: 'openid email' },
        { scope: 'openid', claims },
        { scope: 'openid orders:read', resource: provider.resource },
      ]
      for (const over of more) {
        t.equal(await asks(over), true, `${JSON.stringify(over)} is asked for`)
        t.equal(await asks(over), false, `${JSON.stringify(over)} is remembered`)
      }
      t.equal(await asks({ scope: 'openid email', claims }), false, 'all that was approved before')
    },
  )
})
