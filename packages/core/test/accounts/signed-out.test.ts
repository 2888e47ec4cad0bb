import t from 'tap'
import { installation } from '../installation.ts'

t.test('the page says how it is, whoever opens it', async t => {
  const xwms = installation()
  const ada = await xwms.user()
  const browser = xwms.browser()
  t.match((await browser.get('/signed-out')).view, { page: 'message', message: 'signed_out' })
  await browser.signIn(await browser.get('/account'), ada)
  t.match((await browser.get('/signed-out')).view, { page: 'message', message: 'still_signed_in' })
})
