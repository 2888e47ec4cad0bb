import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { createClient, createWorkspace } from '@xwms/core'
import * as oidc from 'openid-client'
import { Browser } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { ownToken } from '../support/own-token.ts'
import { PASSWORD, REDIRECT_URI } from '../support/seed.ts'
import { onEveryStack, type Stack } from '../support/stack.ts'

// What a workspace uses, asked for by plain fetch, by what a person pastes from docs/usage-api.md, and by who has no business there.

const run = promisify(execFile)
const document = readFileSync(new URL('../../docs/usage-api.md', import.meta.url), 'utf8')
const commands = [...document.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, code]) => code as string)

/** A token that Ada, who owns the workspace, gives to the client on its pages. */
async function ownersToken({ url, client, secret }: Stack): Promise<string> {
  const config = await oidc.discovery(new URL(url), client.id, secret.value, undefined, {
    execute: [oidc.allowInsecureRequests],
  })
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier()
  const expectedState = oidc.randomState()
  const resource = `${url}/manage/v1`
  const browser = new Browser(url)
  const signIn = await browser.open(
    oidc.buildAuthorizationUrl(config, {
      redirect_uri: REDIRECT_URI,
      scope: 'openid manage',
      resource,
      code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: expectedState,
    }),
  )
  const consent = await browser.press(signIn, 'login-submit', {
    login: 'ada@example.com',
    password: PASSWORD,
  })
  if (!consent.html.includes('the limits of your workspaces')) throw new Error('Nobody was asked.')
  const callback = await browser.press(consent, 'consent-allow')
  const checks = { pkceCodeVerifier, expectedState, idTokenExpected: true }
  return (await oidc.authorizationCodeGrant(config, callback.url, checks, { resource })).access_token
}

/** Asks about the workspace, or another one. */
async function manage(
  stack: Stack,
  token: string,
  path: string,
  init: RequestInit = {},
  id = stack.workspace.id,
) {
  const response = await fetch(`${stack.url}/manage/v1/workspaces/${id}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${token}`, ...init.headers },
  })
  const text = await response.text()
  const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '')
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson ? JSON.parse(text) : undefined,
  }
}

/** Some requests, one of them refused. */
async function beUsed(stack: Stack): Promise<void> {
  for (let count = 0; count < 3; count++) {
    const answer = await fetch(`${stack.origin}/orders`, { headers: stack.headers })
    await answer.text()
  }
  await stack.post('/api/global/countries')
  const wrong = { ...stack.headers, 'x-client-domain': 'elsewhere.example' }
  await (await fetch(`${stack.origin}/orders`, { headers: wrong })).text()
}

onEveryStack('a client reads what it used, as JSON and as CSV, and why it was refused', async (t, stack) => {
  await beUsed(stack)
  const token = await ownToken(stack, { scope: 'manage:read' })
  const usage = await manage(stack, token, '/usage?interval=none&by=route,mode')
  t.equal(usage.status, 200)
  // The domain is in test mode, in which nothing costs anything.
  t.match(usage.body.series, [
    { route: 'GET /orders', mode: 'test', requests: 3, cost_nano_euro: '0' },
    { route: 'POST /api/global/countries', mode: 'test', requests: 1, cost: 'EUR 0.00' },
  ])
  t.match(usage.body, {
    total: { requests: 4 },
    month: { so_far: { requests: 4, free: 4, net: 'EUR 29.00' }, forecast: null },
  })
  const csv = await manage(stack, token, '/usage?interval=none&by=route', { headers: { accept: 'text/csv' } })
  t.match(csv.headers.get('content-type'), /^text\/csv/)
  t.equal(csv.text, 'route,requests,cost_nano_euro\r\nGET /orders,3,0\r\nPOST /api/global/countries,1,0\r\n')

  // Refusals are written in the background.
  const refused = await eventually(
    async () => (await manage(stack, token, '/requests?refused_by=domain_not_allowed')).body.requests,
    requests => requests.length === 1,
  )
  t.match(refused[0], { status: 403, route: 'GET /orders', client_id: stack.client.id })
  t.match((await manage(stack, token, '/events')).body, { events: [], next_cursor: null })
  t.match((await manage(stack, token, '/plan')).body, { plan: 'enterprise', monthly_fee: 'EUR 29.00' })
})

onEveryStack('what docs/usage-api.md prints can be pasted', async (t, stack) => {
  await beUsed(stack)
  const env = {
    PATH: process.env.PATH,
    XWMS: stack.url,
    CLIENT: stack.client.id,
    SECRET: stack.secret.value,
    WORKSPACE: stack.workspace.id,
    OWNER_TOKEN: await ownersToken(stack),
  }
  const [first = '', ...others] = commands
  const sh = async (code: string, more: object = {}) => {
    const { stdout, stderr } = await run('sh', ['-ec', code], { env: { ...env, ...more } })
    t.equal(stderr, '', code)
    return stdout
  }
  const [TOKEN = '', plan = ''] = (await sh(`${first}\necho; echo "token $TOKEN"`))
    .split(/\ntoken /)
    .reverse()
  t.match(JSON.parse(plan), { workspace_id: stack.workspace.id, plan: 'enterprise' })
  t.ok(others.length >= 5)
  for (const code of others) {
    const stdout = await sh(code, { TOKEN: TOKEN.trim() })
    t.match(stdout, /^\{|^client_id,route,/, code)
    t.notMatch(stdout, /urn:xwms:problem:/, code)
  }
  const limits = await manage(stack, env.OWNER_TOKEN, '/limits')
  t.match(limits.body, { monthly_request_cap: 50_000, monthly_spend_cap: 'EUR 25.00' }, 'and they did it')
})

onEveryStack('an owner lowers a limit, which holds for the next request', async (t, stack) => {
  const token = await ownersToken(stack)
  const path = `/clients/${stack.client.id}/limits`
  const patch = (body: object) =>
    manage(stack, token, path, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const lowered = await patch({ rate_limit: { requests: 1, window_seconds: 86_400 } })
  t.match(lowered.body, { rate_limit: { requests: 1 }, rate_limit_of: 'client' })
  const status = await eventually(
    async () => {
      const answer = await fetch(`${stack.origin}/orders`, { headers: stack.headers })
      await answer.text()
      return answer.status
    },
    status => status === 429,
  )
  t.equal(status, 429)
  t.match(await patch({ rate_limit: { requests: 60_001, window_seconds: 60 } }), {
    status: 422,
    body: { fields: { rate_limit: /plan/ } },
  })
  t.match((await patch({ rate_limit: null })).body, { rate_limit_of: 'plan' })
})

onEveryStack('whoever has no business there sees nothing, and changes nothing', async (t, stack) => {
  const { environment, workspace, url } = stack
  const other = await createWorkspace(environment, { name: 'Other', plan: 'enterprise', owner: '4711' })
  const stranger = await createClient(environment, {
    workspaceId: other.id,
    name: 'Stranger',
    scopes: ['manage', 'orders:read'],
  })
  if (stranger.secret === undefined) throw new Error('A confidential client has a secret.')
  const foreign = { url, client: stranger.client, secret: stranger.secret }
  const table: [why: string, token: string, id: string, status: number, code: string][] = [
    ['another workspace', await ownToken(foreign), workspace.id, 404, 'workspace_not_found'],
    ['an unknown workspace', await ownToken(foreign), 'ws_unknown', 404, 'workspace_not_found'],
    ['an owner elsewhere', await ownersToken(stack), other.id, 404, 'workspace_not_found'],
    ['no audience', await ownToken(stack, { resource: '' }), workspace.id, 401, 'invalid_token'],
    [
      'another scope',
      await ownToken(stack, { scope: 'orders:read', resource: '' }),
      workspace.id,
      401,
      'invalid_token',
    ],
    ['no token', 'xwms_at_nothing', workspace.id, 401, 'invalid_token'],
  ]
  for (const [why, token, id, status, code] of table) {
    for (const path of ['/usage', '/requests', '/limits', '/invoices', '/events', '/blocks', '/plan']) {
      const answer = await manage(stack, token, path, {}, id)
      t.match(answer, { status, body: { code, status, fix: /\w/ } }, `${why} ${path}`)
      t.equal(answer.headers.get('content-type'), 'application/problem+json')
      t.equal(answer.headers.get('x-request-id'), answer.body.request_id)
    }
  }
  const reading = await ownToken(stack, { scope: 'manage:read' })
  const asked = {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: '{"monthly_request_cap":1}',
  }
  t.match(await manage(stack, reading, '/limits', asked), {
    status: 403,
    body: { code: 'insufficient_scope' },
  })
  t.match(await manage(stack, await ownToken(stack), '/limits', asked), {
    status: 403,
    body: { code: 'not_permitted' },
  })
  t.match((await manage(stack, reading, '/limits')).body, { monthly_request_cap: null })
  t.match(await manage(stack, reading, '/nothing'), { status: 404, body: { code: 'not_found' } })
  t.match(await manage(stack, reading, '/usage', { method: 'DELETE' }), {
    status: 405,
    body: { code: 'method_not_allowed' },
  })
  for (const query of ["route=' or 1=1 --", 'cursor=AAAA', 'client_id=%00', 'by=password', 'from=0'])
    t.ok([200, 422].includes((await manage(stack, reading, `/usage?${query}`)).status), query)
})
