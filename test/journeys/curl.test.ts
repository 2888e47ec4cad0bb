// Every flow with plain curl: what a person types who has read the specification and nothing of ours.
import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { createClient } from '@xwms/core'
import { Browser } from '../support/browser.ts'
import { PASSWORD, REDIRECT_URI } from '../support/seed.ts'
import { onEveryStack, type Stack } from '../support/stack.ts'

const run = promisify(execFile)

const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code'
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

/** Runs curl; answers the status and the body, read as JSON where there is one. */
async function curl(...args: string[]) {
  const { stdout } = await run('curl', ['-sS', '-w', '\n%{http_code}', ...args])
  const end = stdout.lastIndexOf('\n')
  const text = stdout.slice(0, end)
  return { status: Number(stdout.slice(end + 1)), body: text === '' ? undefined : JSON.parse(text) }
}

/** `-d name=value` for each, as curl encodes them itself. */
function data(form: Readonly<Record<string, string>>): string[] {
  return Object.entries(form).flatMap(([name, value]) => ['--data-urlencode', `${name}=${value}`])
}

function credentials({ client, secret }: Stack): string[] {
  return ['-u', `${client.id}:${secret.value}`]
}

async function approve(browser: Browser, url: string | URL): Promise<URL> {
  let page = await browser.open(url)
  if (page.html.includes('device-submit')) page = await browser.press(page, 'device-submit')
  if (page.html.includes('login-submit'))
    page = await browser.press(page, 'login-submit', { login: 'ada@example.com', password: PASSWORD })
  if (page.html.includes('consent-allow')) page = await browser.press(page, 'consent-allow')
  return page.url
}

/** The parameters of an authorization request, and what redeems its code. */
function request({ client }: Stack) {
  const verifier = randomBytes(32).toString('base64url')
  return {
    verifier,
    parameters: {
      response_type: 'code',
      client_id: client.id,
      redirect_uri: REDIRECT_URI,
      scope: 'openid email offline_access orders:read',
      state: 'where-we-were',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    },
  }
}

const OPTIONS = { prefixes: ['/auth'], kit: { oauth: { tokenExchange: true } } }

onEveryStack(
  'curl signs a person in, refreshes, asks, and gives back',
  async (t, stack) => {
    const discovered = await curl(`${stack.url}/.well-known/openid-configuration`)
    const metadata = discovered.body
    t.equal(metadata.issuer, stack.url)

    const { verifier, parameters } = request(stack)
    const authorize = `${metadata.authorization_endpoint}?${new URLSearchParams(parameters)}`
    const callback = await approve(new Browser(stack.url), authorize)
    t.equal(callback.searchParams.get('state'), 'where-we-were')
    t.equal(callback.searchParams.get('iss'), stack.url)

    const redeemed = await curl(
      ...credentials(stack),
      ...data({
        grant_type: 'authorization_code',
        code: callback.searchParams.get('code') ?? '',
        redirect_uri: REDIRECT_URI,
        code_verifier: verifier,
      }),
      metadata.token_endpoint,
    )
    t.equal(redeemed.status, 200)
    const refreshed = await curl(
      ...credentials(stack),
      ...data({ grant_type: 'refresh_token', refresh_token: redeemed.body.refresh_token }),
      metadata.token_endpoint,
    )
    t.equal(refreshed.status, 200)
    const { access_token, refresh_token } = refreshed.body

    const user = await curl('-H', `Authorization: Bearer ${access_token}`, metadata.userinfo_endpoint)
    t.match(user, { status: 200, body: { sub: stack.user.sub, email: 'ada@example.com' } })
    const posted = await curl(...data({ access_token }), metadata.userinfo_endpoint)
    t.same(posted, user)

    const introspect = () =>
      curl(...credentials(stack), ...data({ token: access_token }), metadata.introspection_endpoint)
    t.match(await introspect(), { status: 200, body: { active: true, client_id: stack.client.id } })
    const revoked = await curl(
      ...credentials(stack),
      ...data({ token: refresh_token }),
      metadata.revocation_endpoint,
    )
    t.equal(revoked.status, 200)
    t.same(await introspect(), { status: 200, body: { active: false } })
  },
  OPTIONS,
)

onEveryStack(
  'curl sends the request ahead, and the browser only its reference',
  async (t, stack) => {
    const { verifier, parameters } = request(stack)
    const pushed = await curl(...credentials(stack), ...data(parameters), `${stack.url}/oauth/par`)
    t.equal(pushed.status, 201)
    const query = new URLSearchParams({
      client_id: stack.client.id,
      request_uri: pushed.body.request_uri,
    })
    const callback = await approve(new Browser(stack.url), `${stack.url}/oauth/authorize?${query}`)
    const redeemed = await curl(
      ...credentials(stack),
      ...data({
        grant_type: 'authorization_code',
        code: callback.searchParams.get('code') ?? '',
        redirect_uri: REDIRECT_URI,
        code_verifier: verifier,
      }),
      `${stack.url}/oauth/token`,
    )
    t.match(redeemed, { status: 200, body: { token_type: 'Bearer' } })
  },
  OPTIONS,
)

onEveryStack(
  'curl acts for itself, and exchanges what it got',
  async (t, stack) => {
    const { client, secret } = await createClient(stack.environment, {
      workspaceId: stack.workspace.id,
      name: 'A Service',
      grantTypes: ['client_credentials', EXCHANGE],
      scopes: ['orders:read', 'userinfo'],
    })
    const service = ['-u', `${client.id}:${secret?.value}`]
    const own = await curl(...service, '-d', 'grant_type=client_credentials', `${stack.url}/oauth/token`)
    t.match(own, { status: 200, body: { scope: 'orders:read' } })
    const exchanged = await curl(
      ...service,
      ...data({
        grant_type: EXCHANGE,
        subject_token: own.body.access_token,
        subject_token_type: ACCESS_TOKEN,
      }),
      `${stack.url}/oauth/token`,
    )
    t.match(exchanged, { status: 200, body: { issued_token_type: ACCESS_TOKEN, scope: 'orders:read' } })
    t.not(exchanged.body.access_token, own.body.access_token)
  },
  OPTIONS,
)

onEveryStack(
  'curl is a device that waits for its user',
  async (t, stack) => {
    const { client } = await createClient(stack.environment, {
      workspaceId: stack.workspace.id,
      name: 'A Television',
      type: 'public',
      grantTypes: [DEVICE, 'refresh_token'],
      scopes: ['openid', 'email'],
    })
    const begun = await curl(
      ...data({ client_id: client.id, scope: 'openid email' }),
      `${stack.url}/oauth/device_authorization`,
    )
    t.equal(begun.status, 200)
    const { device_code, interval, verification_uri_complete } = begun.body
    const poll = () =>
      curl(...data({ grant_type: DEVICE, client_id: client.id, device_code }), `${stack.url}/oauth/token`)
    t.match(await poll(), { status: 400, body: { error: 'authorization_pending' } })
    t.match(await poll(), { status: 400, body: { error: 'slow_down' } }, 'too soon')
    await approve(new Browser(stack.url), verification_uri_complete)
    stack.passes(interval + 5)
    const got = await poll()
    t.match(got, { status: 200, body: { scope: 'openid email' } })
    t.match(
      await curl('-H', `Authorization: Bearer ${got.body.access_token}`, `${stack.url}/oauth/userinfo`),
      { status: 200, body: { sub: stack.user.sub } },
    )
    t.match(await poll(), { status: 400, body: { error: 'invalid_grant' } }, 'once')
  },
  OPTIONS,
)
