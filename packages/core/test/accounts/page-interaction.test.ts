import t from 'tap'
import { sha256 } from '../../src/lib/hash.ts'
import { installation, type Page, PLAIN_PAGES } from '../installation.ts'
import { authorizationRequest, proofKey } from '../oauth/partner.ts'

/** Ada on her way to a shop that asks for German, in a browser that says nothing. */
async function onTheWay() {
  const xwms = installation({ pages: { ...PLAIN_PAGES, locales: ['en', 'de'] } })
  const ada = await xwms.user()
  const shop = await xwms.client()
  const browser = xwms.browser()
  const request = authorizationRequest(shop.client.id, proofKey().challenge, { ui_locales: 'de-AT en' })
  const signIn = await browser.get(request)
  const end = ({ view }: Page) => xwms.storage.interactions.finish(sha256(view.interaction))
  return { xwms, ada, browser, signIn, end }
}

const GONE = { page: 'error', code: 'interaction_gone', locale: 'de' }

t.test('that a sign-in is over is said in the language that it was asked for in', async t => {
  const forms: Record<string, (given: Awaited<ReturnType<typeof onTheWay>>) => Promise<Page>> = {
    'the sign-in form': async ({ browser, signIn, ada, end }) => {
      t.ok(await end(signIn))
      return browser.signIn(signIn, ada)
    },
    'the sign-in page': async ({ browser, signIn, end }) => {
      t.ok(await end(signIn))
      return browser.get(`${signIn.url}`)
    },
    'the consent form': async ({ browser, signIn, ada, end }) => {
      const consent = await browser.signIn(signIn, ada)
      t.match(consent.view, { page: 'consent', locale: 'de' })
      t.ok(await end(consent))
      return browser.decide(consent, 'allow')
    },
    'the consent page': async ({ browser, signIn, ada, end }) => {
      const consent = await browser.signIn(signIn, ada)
      t.ok(await end(consent))
      return browser.get(`${consent.url}`)
    },
    'signing in as somebody else': async ({ browser, signIn, ada, end }) => {
      const consent = await browser.signIn(signIn, ada)
      t.ok(await end(consent))
      return browser.get(consent.view.switchAccountUrl)
    },
    'the end of a yes': async ({ xwms, browser, signIn, ada }) => {
      const consent = await browser.signIn(signIn, ada)
      Object.assign(xwms.storage.interactions, { finish: async () => false })
      return browser.decide(consent, 'allow')
    },
  }
  for (const [name, way] of Object.entries(forms)) t.match((await way(await onTheWay())).view, GONE, name)
})
