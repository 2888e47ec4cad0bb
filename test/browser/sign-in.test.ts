import { setTimeout as delay } from 'node:timers/promises'
import { revokeSecret } from '@xwms/core'
import { postgres } from '@xwms/storage-kysely'
import t from 'tap'
import { openTab, startChromium } from './chromium.ts'
import { goToSignIn, openShop, PASSWORD, signIn } from './shop.ts'

const shop = await openShop(t)
const browser = await startChromium(t)

t.test('somebody signs in at the partner app, and the next time takes one click', async t => {
  const { page, context, complaints } = await openTab(t, browser)
  await goToSignIn(page, shop)
  t.match(await page.title(), /^Sign in/)
  await signIn(page, shop.xwms.email, shop.xwms.password)
  t.match(await page.textContent('main'), 'Allow Harbour Coffee to use your account?')
  await page.click('#consent-allow')

  await page.waitForURL(`${shop.url}/`)
  t.equal(await page.textContent('#user-name'), 'Robin Visser')
  t.match(await page.textContent('#profile'), /1991-04-18.*Netherlands/s, 'the profile was read')
  t.match(await page.textContent('#orders'), 'Guji, washed', 'so were the orders, over the guarded route')

  await page.click('#sign-out')
  t.ok(await page.waitForSelector('#sign-in'), 'signed out')
  await page.goBack()
  t.notOk(await page.isVisible('#user-name'), 'going back shows nothing of it')

  const seen: string[] = []
  page.on('framenavigated', frame => seen.push(new URL(frame.url()).pathname))
  await page.goto(shop.url)
  await page.click('#sign-in')
  await page.waitForSelector('#user-name')
  t.same(seen, ['/', '/'], 'no page of XWMS was shown in between')

  for (const { name, httpOnly, sameSite } of await context.cookies()) {
    t.match({ httpOnly, sameSite }, { httpOnly: true, sameSite: 'Lax' }, `the cookie ${name}`)
  }
  t.same(complaints, [])
})

t.test('a wrong password is said, and the address stays where it is', async t => {
  const { email } = await shop.newcomer('Wim Wrong')
  const { page, complaints } = await openTab(t, browser)
  await goToSignIn(page, shop)
  await signIn(page, email, 'not my password')
  t.match(await page.textContent('[role=alert]'), 'The email address or the password is wrong.')
  t.equal(await page.inputValue('#login'), email)
  t.equal(await page.inputValue('#password'), '')
  t.equal(await page.evaluate('document.activeElement.id'), 'password', 'the next thing to do has the focus')
  await signIn(page, email, PASSWORD)
  t.ok(await page.waitForSelector('#consent-allow'), 'the right one is taken after that')
  t.same(complaints, [])
})

t.test('who cancels or denies is brought back, and told that nothing was shared', async t => {
  const { email } = await shop.newcomer('Dee Denies')
  const { page, complaints } = await openTab(t, browser)
  const notice = /You are not signed in.*nothing was shared/s

  await goToSignIn(page, shop)
  await page.click('#login-cancel')
  await page.waitForURL(`${shop.url}/`)
  t.match(await page.textContent('[role=status]'), notice, 'after cancelling')
  await page.reload()
  t.notOk(await page.isVisible('[role=status]'), 'it is said once')

  await goToSignIn(page, shop)
  await signIn(page, email, PASSWORD)
  await page.click('#consent-deny')
  await page.waitForURL(`${shop.url}/`)
  t.match(await page.textContent('[role=status]'), notice, 'after denying')

  await page.click('#sign-in')
  t.ok(await page.waitForSelector('#consent-allow'), 'a denial is not for ever: the question is asked again')
  t.same(complaints, [])
})

t.test('everything works without JavaScript', async t => {
  const { email } = await shop.newcomer('Nora Script')
  const { page, complaints } = await openTab(t, browser, { javaScriptEnabled: false })
  await goToSignIn(page, shop)
  await signIn(page, email, 'not my password')
  t.ok(await page.waitForSelector('[role=alert]'))
  await signIn(page, email, PASSWORD)
  await page.click('#consent-allow')
  t.equal(await page.textContent('#user-name'), 'Nora Script')
  await page.click('#sign-out')
  await page.click('#sign-in')
  t.equal(await page.textContent('#user-name'), 'Nora Script', 'and silently the next time')
  t.same(complaints, [])
})

t.test(
  'who guesses too often is told how long to wait, with and without JavaScript, on every screen',
  async t => {
    for (const [javaScriptEnabled, width] of [
      [true, 1100],
      [false, 360],
    ] as const) {
      const { email } = await shop.newcomer(`Theo Throttled ${width}`)
      const { page, complaints } = await openTab(t, browser, {
        javaScriptEnabled,
        viewport: { width, height: 800 },
      })
      await goToSignIn(page, shop)
      for (let guess = 0; guess < 5; guess++) {
        await signIn(page, email, 'not my password')
        await page.waitForSelector('[role=alert]')
      }
      const [answer] = await Promise.all([
        page.waitForResponse(response => response.request().method() === 'POST'),
        signIn(page, email, PASSWORD),
      ])
      t.equal(answer.status(), 429)
      const wait = Number(answer.headers()['retry-after'])
      t.ok(wait >= 1 && wait <= 2)
      t.match(
        await page.textContent('[role=alert]'),
        /^Too many attempts failed here. Wait [12] seconds?, and try again.$/,
      )
      t.match(await page.title(), /^Problem: Sign in/)
      t.equal(await page.inputValue('#login'), email, 'the address stays where it is')
      t.equal(
        await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth'),
        true,
        'nothing is beside the screen',
      )
      await delay(wait * 1000)
      await signIn(page, email, PASSWORD)
      t.ok(await page.waitForSelector('#consent-allow'), 'and is let in after that')
      t.same(complaints, [])
    }
  },
)

t.test('everything works with the keyboard alone', async t => {
  const { email } = await shop.newcomer('Kay Board')
  const { page, complaints } = await openTab(t, browser)

  /** Presses Tab until something has the focus, as a person does who watches the ring. */
  async function tabTo(id: string): Promise<void> {
    for (let presses = 0; presses < 20; presses++) {
      if ((await page.evaluate('document.activeElement.id')) === id) return
      await page.keyboard.press('Tab')
    }
    t.fail(`#${id} cannot be reached`)
  }

  await page.goto(shop.url)
  await tabTo('sign-in')
  await page.keyboard.press('Enter')
  await page.waitForSelector('#login')
  t.equal(await page.evaluate('document.activeElement.id'), 'login', 'typing can begin at once')
  await page.keyboard.type(email)
  await page.keyboard.press('Tab')
  await page.keyboard.type(PASSWORD)
  await page.keyboard.press('Enter')
  await page.waitForSelector('#consent-allow')
  t.not(
    await page.evaluate('document.activeElement.id'),
    'consent-allow',
    'an Enter too many approves nothing',
  )
  await tabTo('consent-allow')
  await page.keyboard.press('Enter')
  await page.waitForSelector('#user-name')
  t.equal(await page.textContent('#user-name'), 'Kay Board')
  t.same(complaints, [])
})

t.test('a callback that began elsewhere signs nobody in', async t => {
  const { email } = await shop.newcomer('Mallory Elsewhere')
  const mallory = await openTab(t, browser)
  await goToSignIn(mallory.page, shop)
  await signIn(mallory.page, email, PASSWORD)
  await mallory.page.waitForSelector('#consent-allow')
  // The shop does not know this browser any more, so that the token in the link stays unused.
  await mallory.context.clearCookies({ name: 'partner_session' })
  const [request] = await Promise.all([
    mallory.page.waitForRequest(`${shop.url}/callback?token=*`),
    mallory.page.click('#consent-allow'),
  ])
  const link = request.url()

  const victim = await openTab(t, browser)
  await victim.page.goto(link)
  t.notOk(await victim.page.isVisible('#user-name'))
  t.match(await victim.page.textContent('[role=alert]'), 'This sign-in did not begin here')
  t.equal(victim.page.url(), `${shop.url}/`, 'the token does not stay in the address')
})

t.test('a partner whose secret was revoked says what the matter is', async t => {
  const storage = postgres(shop.databaseUrl)
  t.teardown(() => storage.close())
  const { clientId } = shop.xwms
  const [secret] = await storage.clients.secrets(clientId)
  const environment = { storage, plans: {}, scopes: undefined, now: new Date(), actor: 'test', ip: undefined }
  await revokeSecret(environment, { clientId, secretId: secret?.id as string })

  const { page, complaints } = await openTab(t, browser)
  await page.goto(shop.url)
  // The change is on its way to the other process, and arrives within a second.
  for (let tries = 0; tries < 10 && !(await page.isVisible('[role=alert]')); tries++) {
    await page.goto(shop.url)
    await page.click('#sign-in')
    await page.waitForSelector('[role=alert], #login')
  }
  t.match(
    await page.textContent('[role=alert]'),
    /Signing in did not work.*This secret was revoked/s,
    'in the words of XWMS',
  )
  t.same(complaints, [])
})
