// Four processes on one PostgreSQL, asked at once: what must happen once happens once, and what one of them takes away is
// gone in all of them.
import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { createKit } from '@xwms/core'
import { pages } from '@xwms/pages'
import { postgres } from '@xwms/storage-kysely'
import t from 'tap'
import { type Child, startChild } from '../bench/child.ts'
import { Browser } from '../support/browser.ts'
import { freshDatabase } from '../support/database.ts'
import { PASSWORD, REDIRECT_URI, seed } from '../support/seed.ts'

const PROCESSES = 4
/** How long a repeated refresh gets the same successor here, in seconds. */
const GRACE_SECONDS = 2
/** How soon every process must have heard of a revocation. */
const HEARD_WITHIN_MS = 1000
const ISSUER = 'http://localhost:4711'

interface Server {
  readonly child: Child
  readonly url: string
}

interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
}

t.setTimeout(120_000)

const database = await freshDatabase()
const storage = postgres({ connectionString: database.url, maxConnections: 4 })
const kit = createKit({ issuer: ISSUER, storage, pages: pages() })
await kit.ready()
const { client, secret } = await seed(kit)
const basic = `Basic ${Buffer.from(`${client.id}:${secret.value}`).toString('base64')}`
const servers = await Promise.all(Array.from({ length: PROCESSES }, start))
const [first] = servers as [Server]
const browser = new Browser(ISSUER, url => new URL(url.pathname + url.search, first.url))

t.teardown(async () => {
  await Promise.all(servers.map(({ child }) => child.stop()))
  await kit.close()
  await database.drop()
})

async function start(): Promise<Server> {
  const child = await startChild(new URL('server.ts', import.meta.url), {
    args: [ISSUER, String(GRACE_SECONDS)],
    env: { DATABASE_URL: database.url },
  })
  return { child, url: `http://127.0.0.1:${await child.ask<number>('port')}` }
}

/** Signs Ada in, as far as she is not; answers what redeems the code. */
async function authorization(): Promise<Record<string, string>> {
  const verifier = randomBytes(32).toString('base64url')
  const url = new URL('/oauth/authorize', ISSUER)
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: client.id,
    redirect_uri: REDIRECT_URI,
    scope: 'openid email offline_access',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString()
  let page = await browser.open(url)
  if (page.html.includes('login-submit'))
    page = await browser.press(page, 'login-submit', { login: 'ada@example.com', password: PASSWORD })
  if (page.html.includes('consent-allow')) page = await browser.press(page, 'consent-allow')
  return {
    grant_type: 'authorization_code',
    code: page.url.searchParams.get('code') ?? '',
    code_verifier: verifier,
    redirect_uri: REDIRECT_URI,
  }
}

async function post(server: Server, path: string, form: Record<string, string>) {
  const response = await fetch(server.url + path, {
    method: 'POST',
    headers: { authorization: basic },
    body: new URLSearchParams(form),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
}

/** Asks many times at once, every process as often as every other. */
function everywhereAtOnce(times: number, path: string, form: Record<string, string>) {
  return Promise.all(
    Array.from({ length: times }, (_, index) => post(servers[index % PROCESSES] as Server, path, form)),
  )
}

async function tokens(): Promise<Tokens> {
  const { status, body } = await post(first, '/oauth/token', await authorization())
  t.equal(status, 200)
  return body
}

async function userinfoStatus(server: Server, { access_token }: Tokens): Promise<number> {
  const response = await fetch(`${server.url}/oauth/userinfo`, {
    headers: { authorization: `Bearer ${access_token}` },
  })
  await response.body?.cancel()
  return response.status
}

function userinfoEverywhere(given: Tokens): Promise<number[]> {
  return Promise.all(servers.map(server => userinfoStatus(server, given)))
}

const ALL_OPEN = servers.map(() => 200)
const ALL_CLOSED = servers.map(() => 401)

t.test('a code redeemed 1,000 times at once gives tokens once, and the replay revokes them', async t => {
  const answers = await everywhereAtOnce(1000, '/oauth/token', await authorization())
  const given = answers.filter(({ status }) => status === 200)
  t.equal(given.length, 1)
  t.equal(answers.filter(({ status, body }) => status === 400 && body.error === 'invalid_grant').length, 999)
  t.same(await userinfoEverywhere(given[0]?.body), ALL_CLOSED)
  const { refresh_token } = given[0]?.body ?? {}
  const refreshed = await post(first, '/oauth/token', { grant_type: 'refresh_token', refresh_token })
  t.match(refreshed, { status: 400, body: { error: 'invalid_grant' } })
})

t.test('fifty refreshes at once leave the family alive, with one successor', async t => {
  const { refresh_token } = await tokens()
  const answers = await everywhereAtOnce(50, '/oauth/token', { grant_type: 'refresh_token', refresh_token })
  t.equal(answers.filter(({ status }) => status === 200).length, 50)
  const successors = new Set(answers.map(({ body }) => body.refresh_token))
  t.equal(successors.size, 1)
  t.notOk(successors.has(refresh_token))
  for (const { body } of answers.slice(0, PROCESSES)) t.same(await userinfoEverywhere(body), ALL_OPEN)

  await t.test('and a replay after the window ends it everywhere', async t => {
    const successor = answers[0]?.body as Tokens
    await delay((GRACE_SECONDS + 0.5) * 1000)
    const replay = await post(servers[1] as Server, '/oauth/token', {
      grant_type: 'refresh_token',
      refresh_token,
    })
    t.match(replay, { status: 400, body: { error: 'invalid_grant' } })
    await delay(HEARD_WITHIN_MS)
    t.same(await userinfoEverywhere(successor), ALL_CLOSED)
    const next = await post(servers[2] as Server, '/oauth/token', {
      grant_type: 'refresh_token',
      refresh_token: successor.refresh_token,
    })
    t.match(next, { status: 400, body: { error: 'invalid_grant' } })
  })
})

t.test('a revoked token is refused by every process within a second, and after a restart', async t => {
  for (const kind of ['access_token', 'refresh_token'] as const) {
    const given = await tokens()
    // Known, and remembered, everywhere.
    t.same(await userinfoEverywhere(given), ALL_OPEN)
    t.same(await userinfoEverywhere(given), ALL_OPEN)
    t.equal((await post(first, '/oauth/revoke', { token: given[kind] })).status, 200)
    await delay(HEARD_WITHIN_MS)
    t.same(await userinfoEverywhere(given), ALL_CLOSED, `after the ${kind} was revoked`)

    await servers[3]?.child.stop()
    servers[3] = await start()
    t.same(await userinfoEverywhere(given), ALL_CLOSED, `after a restart, with a revoked ${kind}`)
  }
})
