import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { createClient, createWorkspace } from '@xwms/core'
import { postgres } from '@xwms/storage-kysely'
import t from 'tap'
import { openTab, startChromium } from './chromium.ts'
import { openShop, PASSWORD, signIn } from './shop.ts'

const shop = await openShop(t)
const browser = await startChromium(t)

/** A client that shows what its redirect URI was sent, and goes on to another page first. */
const rp = createServer(async (request, response) => {
  const { pathname, search } = new URL(request.url ?? '', 'http://rp')
  if (pathname !== '/callback') return void response.end(`<p id="told">${decodeURIComponent(search)}</p>`)
  const told = `${request.method} ${search} ${await text(request)}`
  response.writeHead(303, { location: `/told?${encodeURIComponent(told)}` }).end()
})
await new Promise<void>(resolve => rp.listen(0, '127.0.0.1', resolve))
t.teardown(() => rp.close())
const callback = `http://127.0.0.1:${(rp.address() as AddressInfo).port}/callback?tenant=1`

const storage = postgres(shop.databaseUrl)
t.teardown(() => storage.close())
const plans = { basic: { title: 'Basic', monthlyFeeNanoEuro: 0, includedRequests: 1000, hardCap: false } }
const environment = {
  storage,
  plans: plans as never,
  scopes: undefined,
  now: new Date(),
  actor: 'test',
  ip: undefined,
}
const owner = await shop.newcomer('Olga Owner')
const workspace = await createWorkspace(environment, { name: 'Acme', plan: 'basic', owner: owner.sub })
const { client } = await createClient(environment, {
  workspaceId: workspace.id,
  name: 'Paper Plane',
  scopes: ['openid'],
  redirectUris: [callback],
})

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? 'by itself' : 'by a button, without JavaScript'

  t.test(`an answer is posted to the client ${how}`, async t => {
    const { email } = await shop.newcomer(`Fay Post ${javaScriptEnabled}`)
    const { page, complaints } = await openTab(t, browser, { javaScriptEnabled })
    const asked = new URLSearchParams({
      response_type: 'code',
      response_mode: 'form_post',
      client_id: client.id,
      redirect_uri: callback,
      scope: 'openid',
      state: '"><script>',
      code_challenge: createHash('sha256').update('x'.repeat(43)).digest('base64url'),
      code_challenge_method: 'S256',
    })
    await page.goto(`${shop.xwms.url}/oauth/authorize?${asked}`)
    await signIn(page, email, PASSWORD)
    await page.click('#consent-allow')
    if (!javaScriptEnabled) {
      t.match(await page.textContent('h1'), 'Returning to 127.0.0.1')
      await page.click('#form-post-continue')
    }
    const told = (await page.textContent('#told')) ?? ''
    t.match(told, 'POST ?tenant=1 code=')
    t.match(told, `state=${encodeURIComponent('"><script>')}`)
    t.match(told, `iss=${encodeURIComponent(shop.xwms.url)}`)
    t.same(complaints, [])
  })
}
