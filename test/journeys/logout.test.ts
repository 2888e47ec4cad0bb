import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Client } from '@xwms/core'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import type { Test } from 'tap'
import { Browser, type Page } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { PASSWORD, REDIRECT_URI } from '../support/seed.ts'
import { onEveryStack, type Stack } from '../support/stack.ts'

const GOODBYE = 'https://shop.example.com/goodbye'
const LOGIN = { login: 'ada@example.com', password: PASSWORD }
const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'

/** Changes the client behind the back of registration, which has other tests. */
async function change({ kit, client }: Stack, changes: Partial<Client>): Promise<void> {
  const { storage, now } = kit.config
  const before = (await storage.clients.find(client.id)) as Client
  await storage.clients.update(
    before,
    { ...client, ...changes },
    {
      id: 'aud_journey',
      at: now(),
      actor: 'test',
      action: 'client.updated',
      workspaceId: client.workspaceId,
      target: client.id,
      ip: undefined,
      before: undefined,
      after: undefined,
    },
  )
}

/** The client's own server, which is told of logouts. */
async function receiver(t: Test): Promise<{ readonly url: string; readonly tokens: string[] }> {
  const tokens: string[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    tokens.push(new URLSearchParams(Buffer.concat(chunks).toString()).get('logout_token') ?? '')
    response.end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/logout`, tokens }
}

/** Posts a form as the client. */
async function asClient({ url, client, secret }: Stack, path: string, form: Record<string, string>) {
  const body = new URLSearchParams({ client_id: client.id, client_secret: secret.value, ...form })
  const response = await fetch(url + path, { method: 'POST', body })
  return { status: response.status, body: (await response.json()) as Record<string, string> }
}

function authorizationUrl({ url, client }: Stack, more: Record<string, string> = {}): string {
  const parameters = new URLSearchParams({
    response_type: 'code',
    client_id: client.id,
    redirect_uri: REDIRECT_URI,
    scope: 'openid',
    ...more,
  })
  return `${url}/oauth/authorize?${parameters}`
}

/** Signs in and approves, as far as either is asked for. */
async function approve(browser: Browser, page: Page): Promise<Page> {
  const next = page.html.includes('login-submit') ? await browser.press(page, 'login-submit', LOGIN) : page
  return next.html.includes('consent-allow') ? browser.press(next, 'consent-allow') : next
}

onEveryStack(
  'signing out ends the session, its tokens, and tells the client',
  async (t, stack) => {
    const { url: backchannel_logout_uri, tokens } = await receiver(t)
    await change(stack, {
      requirePkce: false,
      metadata: { backchannel_logout_uri, post_logout_redirect_uris: [GOODBYE] },
    })
    const browser = new Browser(stack.url)
    const callback = await approve(browser, await browser.open(authorizationUrl(stack)))
    const { body } = await asClient(stack, '/oauth/token', {
      grant_type: 'authorization_code',
      code: callback.url.searchParams.get('code') ?? '',
      redirect_uri: REDIRECT_URI,
    })
    const { id_token = '', access_token } = body
    const userinfo = () =>
      fetch(`${stack.url}/oauth/userinfo`, { headers: { authorization: `Bearer ${access_token}` } })
    t.equal((await userinfo()).status, 200)

    const parameters = new URLSearchParams({
      id_token_hint: id_token,
      post_logout_redirect_uri: GOODBYE,
      state: 'state-1',
    })
    const end = await browser.open(`${stack.url}/oauth/logout?${parameters}`)
    t.equal(end.url.href, `${GOODBYE}?state=state-1`)

    await eventually(
      async () => tokens.length,
      count => count === 1,
    )
    const keys = createRemoteJWKSet(new URL(`${stack.url}/.well-known/jwks.json`))
    const { payload } = await jwtVerify(tokens[0] ?? '', keys, {
      issuer: stack.url,
      audience: stack.client.id,
      typ: 'logout+jwt',
    })
    t.match(payload, { sub: stack.user.sub, sid: /^sid_/ })

    await eventually(userinfo, ({ status }) => status === 401)
    const silent = await browser.open(authorizationUrl(stack, { prompt: 'none' }))
    t.equal(silent.url.searchParams.get('error'), 'login_required')
    const again = await browser.open(`${stack.url}/oauth/logout`)
    t.match(again.html, 'You are signed out')
  },
  { kit: { outbound: { allowPrivateAddresses: true } } },
)

onEveryStack('a device is connected, and disconnected on the account page', async (t, stack) => {
  await change(stack, { grantTypes: [DEVICE_CODE, 'refresh_token'] })
  const { status, body } = await asClient(stack, '/oauth/device_authorization', {
    scope: 'openid offline_access',
  })
  t.equal(status, 200)
  const { device_code = '', user_code = '', verification_uri_complete = '' } = body
  const poll = () => {
    stack.passes(6)
    return asClient(stack, '/oauth/token', { grant_type: DEVICE_CODE, device_code })
  }
  t.match(await poll(), { status: 400, body: { error: 'authorization_pending' } })

  const browser = new Browser(stack.url)
  const signIn = await browser.press(await browser.open(verification_uri_complete), 'device-submit')
  const consent = await browser.press(signIn, 'login-submit', LOGIN)
  t.match(consent.html, user_code)
  t.match((await poll()).body, { error: 'authorization_pending' })
  const done = await browser.press(consent, 'consent-allow')
  t.match(done.html, 'Your device is connected')
  const tokens = await poll()
  t.equal(tokens.status, 200)
  t.match(tokens.body, { access_token: /./, refresh_token: /./, id_token: /./ })
  t.match((await poll()).body, { error: 'invalid_grant' })

  const account = await browser.open(`${stack.url}/account`)
  t.match(account.html, 'Paper Shop')
  const removed = await browser.press(account, 'revoke-1')
  t.match(removed.html, 'No application may use your account.')
  const refreshed = await asClient(stack, '/oauth/token', {
    grant_type: 'refresh_token',
    refresh_token: tokens.body.refresh_token ?? '',
  })
  t.match(refreshed, { status: 400, body: { error: 'invalid_grant' } })
})
