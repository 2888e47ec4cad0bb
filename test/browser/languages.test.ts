import t from 'tap'
import { openTab, startChromium } from './chromium.ts'
import { goToSignIn, openShop, PASSWORD, signIn } from './shop.ts'

const shop = await openShop(t)
const browser = await startChromium(t)
const xwms = shop.xwms.url
const VIEWPORT = { width: 360, height: 740 }

t.test('somebody whose browser is German signs in, allows, takes back and signs out in German', async t => {
  const { email } = await shop.newcomer('Greta Deutsch')
  const { page, complaints } = await openTab(t, browser, { locale: 'de-AT', viewport: VIEWPORT })
  const check = async (...said: readonly string[]) => {
    t.equal(await page.getAttribute('html', 'lang'), 'de')
    const text = (await page.textContent('main')) ?? ''
    for (const words of said) t.match(text, words)
    t.equal(await page.evaluate('document.documentElement.scrollWidth'), VIEWPORT.width, 'it fits a phone')
  }
  await goToSignIn(page, shop)
  await check('Anmelden', 'um fortzufahren mit Harbour Coffee', 'Passwort')
  await signIn(page, email, 'not my password')
  await page.waitForSelector('[role=alert]')
  await check('Die E-Mail-Adresse oder das Passwort ist falsch.')
  await signIn(page, email, PASSWORD)
  await page.waitForSelector('#consent-allow')
  await check('Darf Harbour Coffee Ihr Konto nutzen?', 'Ihr Geburtsdatum', 'Ablehnen')
  await page.click('#consent-allow')
  await page.waitForSelector('#user-name')

  await page.goto(`${xwms}/account`)
  await check('Ihr Konto', 'Anwendungen mit Zugriff', 'Chrome auf Linux', 'Dieser Browser')
  await page.click('#remove-1-1')
  await page.waitForSelector('[role=status]')
  await check('Die Anwendung kann das nicht mehr.')
  await page.goto(`${xwms}/device`)
  await check('Geben Sie den Code ein')
  await page.goto(`${xwms}/error?error=login_expired`)
  await check('Hier geht es nicht weiter', 'Die Anmeldung hat zu lange gedauert', 'Anfrage')
  await page.goto(`${xwms}/oauth/logout`)
  await check('Möchten Sie sich abmelden?')
  await page.click('#logout-confirm')
  await page.waitForSelector('h1:text("Sie sind abgemeldet")')
  await check('Sie können diese Seite schließen.')
  t.same(complaints, [])
})

t.test('what the address asks for comes before what the browser does', async t => {
  const { page, complaints } = await openTab(t, browser, { locale: 'de-DE' })
  await page.goto(`${xwms}/device?ui_locales=en`)
  t.equal(await page.getAttribute('html', 'lang'), 'en')
  await page.goto(`${xwms}/device?ui_locales=fr`)
  t.equal(await page.getAttribute('html', 'lang'), 'de')
  t.same(complaints, [])
})
