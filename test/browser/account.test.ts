import t from 'tap'
import { openTab, startChromium } from './chromium.ts'
import { deviceWith } from './device.ts'
import { goToSignIn, openShop, PASSWORD, signIn } from './shop.ts'

const shop = await openShop(t)
const browser = await startChromium(t)
const xwms = shop.xwms.url

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? '' : ', without JavaScript'

  t.test(`somebody takes back what an application was given${how}`, async t => {
    const { email } = await shop.newcomer(`Vera Takes Back ${javaScriptEnabled}`)
    const { page, complaints } = await openTab(t, browser, { javaScriptEnabled })
    await goToSignIn(page, shop)
    await signIn(page, email, PASSWORD)
    await page.click('#consent-allow')
    await page.waitForSelector('#user-name')

    await page.goto(`${xwms}/account`)
    t.match(await page.textContent('main'), /Harbour Coffee.*See your birth date/s)
    t.match(await page.textContent('main'), /Chrome on Linux.*This browser/s)
    await page.click('#revoke-1')
    await page.waitForSelector('[role=status]')
    t.match(await page.textContent('main'), /The access is removed.*No application may use your account/s)

    await page.goto(shop.url)
    const signOut = page.locator('#sign-out')
    if (await signOut.isVisible()) await signOut.click()
    await page.click('#sign-in')
    t.ok(await page.waitForSelector('#consent-allow'), 'the application has to ask anew')
    t.same(complaints, [])
  })

  t.test(`somebody takes back a single thing, on a phone and with the keyboard${how}`, async t => {
    const { email } = await shop.newcomer(`Paul Partly ${javaScriptEnabled}`)
    const viewport = { width: 360, height: 740 }
    const { page, complaints } = await openTab(t, browser, { javaScriptEnabled, viewport })
    await goToSignIn(page, shop)
    await signIn(page, email, PASSWORD)
    await page.click('#consent-allow')
    await page.waitForSelector('#user-name')

    await page.goto(`${xwms}/account`)
    const words = 'See your birth date'
    const item = page.locator('.access li', { hasText: words })
    const before = await page.locator('.access li').count()
    const box = await item.getByRole('button').boundingBox()
    t.ok(box && box.height >= 44 && box.width >= 44, 'a thumb hits it')
    await item.getByRole('button').focus()
    await page.keyboard.press('Enter')
    await page.waitForSelector('[role=status]')
    t.match(await page.textContent('[role=status]'), 'The application cannot do that any more')
    t.notMatch(await page.textContent('main'), words)
    t.equal(await page.locator('.access li').count(), before - 1)

    await page.goto(shop.url)
    const signOut = page.locator('#sign-out')
    if (await signOut.isVisible()) await signOut.click()
    await page.click('#sign-in')
    await page.waitForSelector('#consent-allow')
    t.match(await page.locator('.scopes').first().textContent(), words, 'it is what is asked for anew')
    t.same(complaints, [])
  })

  t.test(`a device is connected${how}`, async t => {
    const { email } = await shop.newcomer(`Dev Ice ${javaScriptEnabled}`)
    const code = javaScriptEnabled ? 'BCDFGHJK' : 'XZWVTSRQ'
    const poll = await deviceWith(t, shop, code)
    const { page, complaints } = await openTab(t, browser, { javaScriptEnabled })
    await page.goto(`${xwms}/device?user_code=${code}`)
    t.equal(await page.inputValue('#user_code'), `${code.slice(0, 4)}-${code.slice(4)}`)
    await page.fill('#user_code', 'LLLL LLLL')
    await page.click('#device-submit')
    t.match(await page.textContent('[role=alert]'), 'This code is not known')
    await page.fill('#user_code', code.toLowerCase())
    await page.click('#device-submit')
    await signIn(page, email, PASSWORD)
    t.equal(await page.textContent('#user-code'), `${code.slice(0, 4)}-${code.slice(4)}`)
    t.equal(await poll(), 'pending')
    await page.click('#consent-allow')
    await page.waitForSelector('h1:text("Your device is connected")')
    t.equal(await poll(), 'approved')
    t.same(complaints, [])
  })

  t.test(`signing out is asked, and done${how}`, async t => {
    const { email } = await shop.newcomer(`Otto Out ${javaScriptEnabled}`)
    const { page, context, complaints } = await openTab(t, browser, { javaScriptEnabled })
    await page.goto(`${xwms}/account`)
    await signIn(page, email, PASSWORD)
    await page.waitForSelector('#sign-out')
    await page.goto(`${xwms}/oauth/logout`)
    await page.click('#logout-cancel')
    t.match(await page.textContent('main'), 'You are still signed in')
    await page.goto(`${xwms}/oauth/logout`)
    await page.click('#logout-confirm')
    t.match(await page.textContent('main'), 'You are signed out')
    t.notOk((await context.cookies()).some(({ name }) => name.endsWith('xwms_session')))
    await page.goto(`${xwms}/account`)
    t.ok(await page.waitForSelector('#login'))
    t.same(complaints, [])
  })
}

t.test('a form of another site signs out too, though it comes without the cookie', async t => {
  const { email } = await shop.newcomer('Fay Form')
  const { page, complaints } = await openTab(t, browser)
  await page.goto(`${xwms}/account`)
  await signIn(page, email, PASSWORD)
  await page.waitForSelector('#sign-out')
  // 127.0.0.1 and localhost are different sites.
  const elsewhere = new URL(shop.url)
  elsewhere.hostname = elsewhere.hostname === 'localhost' ? '127.0.0.1' : 'localhost'
  await page.goto(elsewhere.href)
  await page.evaluate(
    `document.body.innerHTML = '<form method="post" action="${xwms}/oauth/logout"><button id="go">Go</button></form>'`,
  )
  await page.click('#go')
  await page.click('#logout-confirm')
  await page.waitForSelector('h1:text("You are signed out")')
  t.same(complaints, [])
})

t.test('the account page works with the keyboard alone', async t => {
  const { email } = await shop.newcomer('Kay Account')
  const { page, complaints } = await openTab(t, browser)
  await goToSignIn(page, shop)
  await signIn(page, email, PASSWORD)
  await page.click('#consent-allow')
  await page.waitForSelector('#user-name')
  await page.goto(`${xwms}/account`)
  for (let presses = 0; presses < 20; presses++) {
    if ((await page.evaluate('document.activeElement.id')) === 'revoke-1') break
    await page.keyboard.press('Tab')
  }
  await page.keyboard.press('Enter')
  await page.waitForSelector('[role=status]')
  t.match(await page.textContent('main'), 'No application may use your account')
  t.same(complaints, [])
})
