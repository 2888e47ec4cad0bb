// Four processes on one PostgreSQL: failures count wherever they happen, and a block that is made or lifted in one of them is
// heard of in all of them within a second.
import { setTimeout as delay } from 'node:timers/promises'
import { createKit, liftBlock } from '@xwms/core'
import { pages } from '@xwms/pages'
import { postgres } from '@xwms/storage-kysely'
import t from 'tap'
import { type Child, startChild } from '../bench/child.ts'
import { Browser } from '../support/browser.ts'
import { freshDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { seed } from '../support/seed.ts'

const PROCESSES = 4
const HEARD_WITHIN_MS = 1000
const ISSUER = 'http://localhost:4712'
/** As docs/abuse.md has it: the processes run with the defaults. */
const CLIENTS_TRIED = 10
const LOGIN_FAILURES = 5
const FIRST_BLOCK_MS = 60_000

t.setTimeout(120_000)

const database = await freshDatabase()
const storage = postgres({ connectionString: database.url, maxConnections: 4 })
const kit = createKit({
  issuer: ISSUER,
  storage,
  pages: pages(),
  logger: { debug() {}, info() {}, warn() {}, error() {} },
})
await kit.ready()
const { client, workspace, secret } = await seed(kit)
const servers = await Promise.all(
  Array.from({ length: PROCESSES }, async () => {
    const child: Child = await startChild(new URL('server.ts', import.meta.url), {
      args: [ISSUER, '2'],
      env: { DATABASE_URL: database.url },
    })
    return { child, url: `http://127.0.0.1:${await child.ask<number>('port')}` }
  }),
)

t.teardown(async () => {
  await Promise.all(servers.map(({ child }) => child.stop()))
  await kit.close()
  await database.drop()
})

const urlOf = (index: number) => (servers[index % PROCESSES] as { readonly url: string }).url

/** Proves, or does not prove, a client at one of the processes. */
async function prove(index: number, clientId: string, secretValue: string): Promise<number> {
  const response = await fetch(`${urlOf(index)}/oauth/revoke`, {
    method: 'POST',
    body: new URLSearchParams({ client_id: clientId, client_secret: secretValue, token: 'unknown' }),
  })
  await response.body?.cancel()
  return response.status
}

/** The client itself, at every process; none of them has seen it before. */
const proveEverywhere = () => Promise.all(servers.map((_, index) => prove(index, client.id, secret.value)))

t.test('passwords that are guessed at all processes at once are as few as at one', async t => {
  let next = 0
  const browser = new Browser(ISSUER, url => new URL(url.pathname + url.search, urlOf(next++)))
  const form = await browser.open(`${ISSUER}/sign-in?return_to=account`)
  const answers = await Promise.all(
    Array.from({ length: 40 }, () =>
      browser.press(form, 'login-submit', { login: 'ada@example.com', password: 'wrong' }),
    ),
  )
  const statuses = answers.map(({ status }) => status)
  const looked = statuses.filter(status => status === 422).length
  t.ok(looked >= 1 && looked <= LOGIN_FAILURES, `${looked} passwords were looked at`)
  t.equal(statuses.filter(status => status === 429).length, 40 - looked)
})

t.test('failures count together, and what one process blocks all of them refuse within a second', async t => {
  for (let tried = 1; tried < CLIENTS_TRIED; tried++) {
    t.equal(await prove(tried, `cl_nobody_${tried}`, 'wrong'), 401)
  }
  t.equal(await prove(0, client.id, 'wrong'), 401)
  t.equal(await prove(0, client.id, 'wrong'), 429, 'at once where it happened')
  await delay(HEARD_WITHIN_MS)
  t.strictSame(await proveEverywhere(), [429, 429, 429, 429])

  const events = await eventually(
    () => storage.workspaceEvents.list({ workspaceId: workspace.id, limit: 10 }),
    found => found.length > 0,
  )
  t.match(events, [{ type: 'abuse.clients_probed', clientId: client.id }])
})

t.test('a block that is lifted is over in every process within a second', async t => {
  const blocks = await storage.blocks.list({ workspaceId: workspace.id, limit: 10 })
  t.equal(blocks.length, 1)
  const environment = { storage, now: new Date(), actor: 'test', ip: undefined }
  t.match(await liftBlock(environment, blocks[0]?.id ?? ''), { outcome: 'lifted' })
  await delay(HEARD_WITHIN_MS)
  t.strictSame(await proveEverywhere(), [200, 200, 200, 200])
  for (let tried = 1; tried < CLIENTS_TRIED; tried++) {
    t.equal(await prove(tried, `cl_nobody_${tried}`, 'wrong'), 401, 'and what failed before is forgotten')
  }
})

t.test('a burst at all processes at once is one offence: one block, of the shortest time', async t => {
  const ofAddress = async () =>
    (await storage.blocks.active(new Date())).filter(({ subject }) => subject.startsWith('ip:secret '))
  t.strictSame(await ofAddress(), [])
  const statuses = await Promise.all(
    Array.from({ length: 200 }, (_, index) => prove(index, `cl_burst_${index}`, 'wrong')),
  )
  t.ok(statuses.filter(status => status === 401).length > PROCESSES, 'more than one failure of each process')
  await delay(HEARD_WITHIN_MS)
  const after = await Promise.all(servers.map((_, index) => prove(index, 'cl_burst', 'wrong')))
  t.strictSame(after, [429, 429, 429, 429])
  const blocks = await ofAddress()
  t.equal(blocks.length, 1)
  const lasts = (blocks[0]?.expiresAt.getTime() ?? 0) - (blocks[0]?.createdAt.getTime() ?? 0)
  t.equal(lasts, FIRST_BLOCK_MS)
})
