import { createHash } from 'node:crypto'
import { postgres } from '@xwms/storage-kysely'
import t from 'tap'
import { openTab, startChromium } from './chromium.ts'
import { deviceWith } from './device.ts'
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

t.test('who asks for German keeps it through every form, whatever the browser speaks', async t => {
  const { email } = await shop.newcomer('Emil Englisch')
  const { page, complaints } = await openTab(t, browser, { locale: 'en-US' })
  const check = async (words: string) => {
    t.equal(await page.getAttribute('html', 'lang'), 'de', words)
    t.match(await page.textContent('main'), words)
  }
  await page.goto(`${xwms}/device?ui_locales=de`)
  await page.fill('#user_code', 'nothing')
  await page.click('#device-submit')
  await page.waitForSelector('[role=alert]')
  await check('Ein Code hat acht Buchstaben.')
  await check('Geben Sie den Code ein')
  await page.fill('#user_code', 'LLLL LLLL')
  await page.click('#device-submit')
  await page.waitForSelector('[role=alert]:text("nicht bekannt")')
  await check('Dieser Code ist nicht bekannt oder abgelaufen.')

  const code = 'BDFGKQXZ'
  await deviceWith(t, shop, code)
  await page.fill('#user_code', code)
  await page.click('#device-submit')
  await page.waitForSelector('#login')
  await check('um fortzufahren mit Harbour Coffee')
  await signIn(page, email, 'not my password')
  await page.waitForSelector('[role=alert]')
  await check('Die E-Mail-Adresse oder das Passwort ist falsch.')
  await signIn(page, email, PASSWORD)
  await page.waitForSelector('#consent-allow')
  await check('Vergleichen Sie diesen Code')
  await page.click('#consent-allow')
  await page.waitForSelector('h1:text("Ihr Gerät ist verbunden")')
  await check('Harbour Coffee macht von selbst weiter.')
  await page.reload()
  await check('Harbour Coffee macht von selbst weiter.')

  await page.context().clearCookies()
  await page.goto(`${xwms}/account?ui_locales=de`)
  await check('Anmelden')
  await signIn(page, email, PASSWORD)
  await page.waitForSelector('#remove-1-1')
  await check('Ihr Konto')
  await page.click('#remove-1-1')
  await page.waitForSelector('[role=status]')
  await check('Die Anwendung kann das nicht mehr.')
  await page.click('#sign-out')
  await page.waitForSelector('h1:text("Sie sind abgemeldet")')
  await page.goto(`${xwms}/oauth/authorize/resume?ui_locales=de`)
  await check('Diese Anmeldung ist beendet oder abgelaufen.')
  t.same(complaints, [])
})

t.test('a sign-in that is gone is told of in the language that it was asked for in', async t => {
  const storage = postgres(shop.databaseUrl)
  t.teardown(() => storage.close())
  const { page, complaints } = await openTab(t, browser, { locale: 'en-US' })
  const code = 'CGHJLMNP'
  await deviceWith(t, shop, code)
  await page.goto(`${xwms}/device?ui_locales=de`)
  await page.fill('#user_code', code)
  await page.click('#device-submit')
  await page.waitForSelector('#login')
  const handle = new URL(page.url()).searchParams.get('interaction') ?? ''
  t.ok(await storage.interactions.finish(createHash('sha256').update(handle).digest('base64url')))
  await signIn(page, 'nobody@example.com', PASSWORD)
  await page.waitForSelector('main:has-text("Diese Anmeldung ist beendet oder abgelaufen.")')
  t.equal(await page.getAttribute('html', 'lang'), 'de')
  t.same(complaints, [])
})

for (const width of [360, 1100]) {
  t.test(`on an account page of ${width} pixels nothing touches what is removed beside it`, async t => {
    const { email, sub } = await shop.newcomer(`Ada Abstand ${width}`)
    const storage = postgres(shop.databaseUrl)
    t.teardown(() => storage.close())
    const scopes = ['userinfo', 'orders:read', 'openid', 'profile', 'email']
    const approved = { scopes, claims: ['birthdate', 'locale'], resources: [], authorizationDetails: [] }
    await storage.clientUsers.approve(shop.xwms.clientId, sub, approved, new Date())
    const { page } = await openTab(t, browser, { locale: 'de-DE', viewport: { width, height: 900 } })
    await page.goto(`${xwms}/account`)
    await signIn(page, email, PASSWORD)
    await page.waitForSelector('#remove-1-5')
    const items = await page.locator('.access > li').all()
    const boxes = await Promise.all(items.map(item => item.boundingBox()))
    t.equal(boxes.length, 7)
    boxes.slice(1).forEach((box, index) => {
      const above = boxes[index]
      t.ok(box && above && box.y - (above.y + above.height) >= 8, `${index + 1} and ${index + 2}`)
    })
    t.equal(await page.evaluate('document.documentElement.scrollWidth'), width)
  })
}

t.test('what the address asks for comes before what the browser does', async t => {
  const { page, complaints } = await openTab(t, browser, { locale: 'de-DE' })
  await page.goto(`${xwms}/device?ui_locales=en`)
  t.equal(await page.getAttribute('html', 'lang'), 'en')
  await page.goto(`${xwms}/device?ui_locales=fr`)
  t.equal(await page.getAttribute('html', 'lang'), 'de')
  t.same(complaints, [])
})
