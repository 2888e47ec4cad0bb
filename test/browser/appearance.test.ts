import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import t from 'tap'
import { openTab, startChromium } from './chromium.ts'
import { goToSignIn, openShop, PASSWORD, signIn } from './shop.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** The rules of WCAG 2.2, levels A and AA, and what goes without saying. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** What axe has against a page, a line for each element. */
async function faults(page: Page): Promise<readonly string[]> {
  await page.evaluate(AXE)
  return await page.evaluate(
    `axe.run({ runOnly: ${JSON.stringify(RULES)} }).then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ': ' + html + ' ' + failureSummary)))`,
  )
}

const shop = await openShop(t)
const browser = await startChromium(t)

const SIZES = {
  'on a phone': { width: 360, height: 740 },
  'on a desk': { width: 1100, height: 800 },
}

for (const [where, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    t.test(`pages are in order ${where}, in the ${colorScheme}`, async t => {
      const { email } = await shop.newcomer(`Ann ${where} ${colorScheme}`)
      const { page, complaints } = await openTab(t, browser, { viewport, colorScheme })

      async function check(name: string): Promise<void> {
        t.same(await faults(page), [], `${name}: everybody can use it`)
        t.equal(
          await page.evaluate('document.documentElement.scrollWidth'),
          viewport.width,
          `${name}: it fits the width`,
        )
        t.match(await page.getAttribute('html', 'lang'), /^[a-z]{2}/, `${name}: its language is said`)
        t.match(await page.title(), /\S/, `${name}: it has a title`)
      }

      await page.goto(shop.xwms.url)
      await check('application')
      await page.goto(shop.url)
      await check('partner, signed out')
      await goToSignIn(page, shop)
      await check('sign-in')
      await signIn(page, email, 'not my password')
      await page.waitForSelector('[role=alert]')
      await check('sign-in after a wrong password')
      await signIn(page, email, PASSWORD)
      await page.waitForSelector('#consent-allow')
      await check('consent')
      await page.click('#consent-deny')
      await page.waitForSelector('[role=status]')
      await check('partner, after denying')
      await page.goto(`${shop.url}/callback`)
      await page.waitForSelector('[role=alert]')
      await check('partner, after a callback from nowhere')
      await page.click('#sign-in')
      await page.click('#consent-allow')
      await page.waitForSelector('#user-name')
      await check('partner, signed in')
      await page.goto(`${shop.xwms.url}/sign-in?interaction=gone`)
      await check('error')
      await page.goto(`${shop.xwms.url}/account`)
      await check('account')
      await page.click('#remove-1-1')
      await page.waitForSelector('[role=status]')
      await check('account, with a scope less')
      if (await page.isVisible('#revoke-1')) await page.click('#revoke-1')
      await page.waitForSelector('[role=status]')
      await check('account, with nothing in it')
      await page.goto(`${shop.xwms.url}/device?user_code=BCDFGHJK`)
      await check('device')
      await page.click('#device-submit')
      await page.waitForSelector('[role=alert]')
      await check('device, with a code that is not known')
      await page.goto(`${shop.xwms.url}/oauth/logout`)
      await check('question about signing out')
      await page.click('#logout-confirm')
      await page.waitForSelector('h1:text("You are signed out")')
      await check('signed out')
      await page.goto(`${shop.xwms.url}/account`)
      await check('sign-in without an application')
      t.same(complaints, [])
    })
  }
}
