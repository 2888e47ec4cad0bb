import type { Page } from '../support/browser.ts'
import { conformance, type Provider } from './provider.ts'
import { approve, basic, begin, redeem, responseOf, signIn, token, userinfo } from './relying-party.ts'

const PASSWORD = 'correct horse battery staple'
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code'

/** The path of a page, relative to the issuer. */
function pathOf(provider: Provider, page: Page): string {
  return page.url.pathname.slice(new URL(provider.issuer).pathname.length)
}

await conformance(statement => {
  statement(
    'PAGE-1',
    'Sign-in, consent, device and logout work without JavaScript, each at its own address',
    async (t, provider) => {
      // The browser of these tests runs no script at all; nor is there one.
      const seen = (page: Page, path: string) => {
        t.equal(pathOf(provider, page), path)
        t.equal(page.status, 200, path)
        t.notMatch(page.html, '<script', path)
        return page
      }
      const ada = { login: 'ada@example.com', password: PASSWORD }
      const party = await provider.client({ grantTypes: ['authorization_code', DEVICE] })
      const browser = provider.browser()
      const begun = begin(provider, party)
      const signInPage = seen(await browser.open(begun.url), '/sign-in')
      const consent = seen(await browser.press(signInPage, 'login-submit', ada), '/consent')
      const { code } = responseOf(await browser.press(consent, 'consent-allow'))
      t.equal((await redeem(provider, party, begun, code)).status, 200)

      const { body: device } = await provider.ask('/oauth/device_authorization', {
        headers: basic(party),
        form: { scope: 'openid email' },
      })
      const others = provider.browser()
      const codePage = seen(await others.open(device.verification_uri), '/device')
      const deviceSignIn = seen(
        await others.press(codePage, 'device-submit', { user_code: device.user_code.toLowerCase() }),
        '/sign-in',
      )
      const deviceConsent = seen(await others.press(deviceSignIn, 'login-submit', ada), '/consent')
      seen(await others.press(deviceConsent, 'consent-allow'), '/device')
      const got = await token(provider, party, { grant_type: DEVICE, device_code: device.device_code })
      t.equal(got.status, 200)
      t.equal((await userinfo(provider, got.body.access_token)).body.email, 'ada@example.com')

      const question = seen(await browser.open(`${provider.issuer}/oauth/logout`), '/oauth/logout')
      seen(await browser.press(question, 'logout-confirm'), '/signed-out')
      const silent = responseOf(await browser.open(begin(provider, party, { prompt: 'none' }).url))
      t.equal(silent.error, 'login_required')
    },
  )

  statement('PAGE-2', 'Fields and buttons have stable ids', async (t, provider) => {
    const party = await provider.client()
    const browser = provider.browser()
    const signInPage = await browser.open(begin(provider, party).url)
    for (const id of ['login', 'password', 'login-submit', 'login-cancel'])
      t.match(signInPage.html, `id="${id}"`)
    const consent = await browser.press(signInPage, 'login-submit', {
      login: 'ada@example.com',
      password: PASSWORD,
    })
    for (const id of ['consent-allow', 'consent-deny']) t.match(consent.html, `id="${id}"`)
    const device = await browser.open(`${provider.issuer}/device`)
    for (const id of ['user_code', 'device-submit']) t.match(device.html, `id="${id}"`)
    const logout = await browser.open(`${provider.issuer}/oauth/logout`)
    for (const id of ['logout-confirm', 'logout-cancel']) t.match(logout.html, `id="${id}"`)
  })

  statement('PAGE-3', 'Cancelling and refusing is access_denied', async (t, provider) => {
    const party = await provider.client()
    const browser = provider.browser()
    const cancelled = begin(provider, party)
    const page = await browser.press(await browser.open(cancelled.url), 'login-cancel')
    t.match(responseOf(page), { error: 'access_denied', state: cancelled.state, iss: provider.issuer })
    const refused = begin(provider, party)
    const consent = await browser.press(await browser.open(refused.url), 'login-submit', {
      login: 'ada@example.com',
      password: PASSWORD,
    })
    const denied = await browser.press(consent, 'consent-deny')
    t.match(responseOf(denied), { error: 'access_denied', state: refused.state, iss: provider.issuer })
  })

  statement('PAGE-5', 'Users see whom they approved, and take it back', async (t, provider) => {
    const party = await provider.client({ name: 'The Approved Shop' })
    const browser = provider.browser()
    const { access_token } = await signIn(provider, party, { scope: 'openid email' }, { browser })
    const account = await browser.open(`${provider.issuer}/account`)
    t.match(account.html, 'The Approved Shop')
    const number = [...account.html.matchAll(/id="application-(\d+)"[^>]*>(.*?)<\/h3>/gs)].find(
      ([, , name]) => name?.includes('The Approved Shop'),
    )?.[1]
    const after = await browser.press(account, `revoke-${number}`)
    t.notMatch(after.html, />The Approved Shop<\/h3>/)
    t.equal((await userinfo(provider, access_token)).status, 401)
    const again = await browser.open(begin(provider, party, { scope: 'openid email' }).url)
    t.match(again.html, 'consent-allow', 'and are asked again')
    t.ok(responseOf(await approve(browser, again)).code)
  })

  statement(
    'PAGE-6',
    "Pages are in the first language of ui_locales that there is, else in the browser's; metadata say which there are",
    async (t, provider) => {
      const { body } = await provider.ask('/.well-known/openid-configuration')
      t.strictSame(body.ui_locales_supported, ['en', 'de'])
      const party = await provider.client()
      const browser = provider.browser()
      const begun = begin(provider, party, { ui_locales: 'fr-CA de-AT en' })
      const signInPage = await browser.open(begun.url)
      t.match(signInPage.html, /<html lang="de">.*Anmelden/s)
      const wrong = await browser.press(signInPage, 'login-submit', {
        login: 'ada@example.com',
        password: 'not it',
      })
      t.match(wrong.html, 'Die E-Mail-Adresse oder das Passwort ist falsch.')
      const consent = await browser.press(wrong, 'login-submit', {
        login: 'ada@example.com',
        password: PASSWORD,
      })
      t.match(consent.html, /<html lang="de">.*Ihr Konto nutzen\?.*Wissen, wer Sie sind/s)
      t.ok(responseOf(await browser.press(consent, 'consent-allow')).code)
      const question = await browser.open(`${provider.issuer}/oauth/logout?ui_locales=de`)
      t.match(question.html, 'Möchten Sie sich abmelden?')
      t.match((await browser.press(question, 'logout-confirm')).html, 'Sie sind abgemeldet')

      const english = begin(provider, party, { ui_locales: 'fr nl' })
      t.match((await provider.browser().open(english.url)).html, /<html lang="en">.*Sign in/s)
      for (const [asked, query, lang] of [
        ['de-CH;q=0.9, en;q=0.8', '', 'de'],
        ['fr, nl', '', 'en'],
        ['de', '?ui_locales=en', 'en'],
      ] as const) {
        const headers = { 'accept-language': asked }
        const { text } = await provider.ask(`/signed-out${query}`, { headers })
        t.match(text, `<html lang="${lang}">`, `${asked} ${query}`)
        const failed = await provider.ask(`/error${query || '?'}&error=login_expired`, { headers })
        t.match(failed.text, `<html lang="${lang}">`)
      }
    },
  )
})
