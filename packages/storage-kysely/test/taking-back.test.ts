// What a user takes back while it is being redeemed, step by step: who came first holds the approval, and the other waits.
import type { Storage } from '@xwms/core'
import { fixtures } from '@xwms/storage-contract'
import pg from 'pg'
import t, { type Test } from 'tap'
import { freshDatabase } from '../../../test/support/database.ts'
import { eventually } from '../../../test/support/eventually.ts'
import { postgres } from '../src/index.ts'

const { now, later } = fixtures
const SCOPES = ['openid', 'email', 'offline_access']

const database = await freshDatabase()
const storage = postgres(database.url)
const [blocker, admin] = [new pg.Client(database.url), new pg.Client(database.url)]
await Promise.all([blocker.connect(), admin.connect()])
t.teardown(async () => {
  await Promise.all([blocker.end(), admin.end()])
  await storage.close()
  await database.drop()
})

/** Waits until so many statements of the storage wait for a lock. */
function waiting(statements: number): Promise<number> {
  return eventually(
    async () => {
      const { rows } = await admin.query(
        `select count(*)::integer as waiting from pg_stat_activity
        where datname = current_database() and application_name = 'xwms' and wait_event_type = 'Lock'`,
      )
      return rows[0].waiting
    },
    count => count === statements,
  )
}

type Present = (approved: {
  readonly client: Awaited<ReturnType<typeof fixtures.storedClient>>
  readonly sub: string
}) => Promise<(issue: Parameters<Storage['deviceCodes']['consume']>[2]) => Promise<{ outcome: string }>>

const PRESENTED: Readonly<Record<string, Present>> = {
  async 'a code'({ client, sub }) {
    const code = fixtures.code(client, { sub, scopes: SCOPES })
    await storage.codes.create(code)
    return issue => storage.codes.consume(code.hash, now, issue)
  },
  // Two at once, so that one statement serves both.
  async 'a code among others'({ client, sub }) {
    const code = fixtures.code(client, { sub, scopes: SCOPES })
    const other = fixtures.code(client, { sub, scopes: SCOPES })
    for (const each of [code, other]) await storage.codes.create(each)
    return async issue => {
      const grant = fixtures.grant(client, { sub, scopes: [] })
      const beside = { grant, accessToken: fixtures.accessToken(grant), refreshToken: undefined }
      const [answer] = await Promise.all([
        storage.codes.consume(code.hash, now, issue),
        storage.codes.consume(other.hash, now, beside),
      ])
      return answer
    }
  },
  async 'a device code'({ client, sub }) {
    const code = fixtures.deviceCode(client, { scopes: SCOPES })
    await storage.deviceCodes.create(code)
    await storage.deviceCodes.decide(code.hash, fixtures.deviceApproval({ sub, scopes: SCOPES }), now)
    return issue => storage.deviceCodes.consume(code.hash, now, issue)
  },
}

const TAKEN = {
  'a scope': (clientId: string, sub: string) =>
    storage.clientUsers.removeScope(clientId, sub, 'email', later(1)),
  everything: (clientId: string, sub: string) => storage.clientUsers.revoke(clientId, sub, later(1)),
}

async function prepared(present: Present) {
  const [client, sub] = [await fixtures.storedClient(storage), fixtures.sub()]
  await storage.clientUsers.approve(client.id, sub, fixtures.approval({ scopes: SCOPES }), now)
  const redeem = await present({ client, sub })
  const grant = fixtures.grant(client, { sub, scopes: SCOPES })
  const issue = {
    grant,
    accessToken: fixtures.accessToken(grant),
    refreshToken: fixtures.refreshToken(grant),
  }
  return { client, sub, issue, redeem: () => redeem(issue) }
}

async function nothingIsLeft(t: Test, { grant, accessToken }: Awaited<ReturnType<typeof prepared>>['issue']) {
  t.equal(await storage.tokens.findAccessToken(accessToken.hash, later(1)), undefined)
  t.equal(await storage.tokens.isGrantLive(grant.id, ['email']), false)
}

for (const [name, present] of Object.entries(PRESENTED)) {
  for (const [what, takeBack] of Object.entries(TAKEN)) {
    t.test(`${what} is taken back after ${name} began to be redeemed: the grant is found`, async t => {
      const { client, sub, issue, redeem } = await prepared(present)
      // The redemption has the approval, and cannot end: somebody else may be about to store its access token.
      await blocker.query('begin')
      const beside = fixtures.grant(client)
      await storage.tokens.issue({
        grant: beside,
        accessToken: fixtures.accessToken(beside),
        refreshToken: undefined,
      })
      await blocker.query(
        `insert into xwms.access_tokens (hash, grant_id, client_id, scopes, audience, created_at, expires_at)
        values ($1, $2, $3, '{}', '{}', now(), now())`,
        [issue.accessToken.hash, beside.id, client.id],
      )
      const redeemed = redeem()
      await waiting(1)
      const taken = takeBack(client.id, sub)
      await waiting(2)
      await blocker.query('rollback')
      t.match(await redeemed, { outcome: 'consumed' })
      t.equal(await taken, true)
      await nothingIsLeft(t, issue)
    })

    t.test(`${name} is redeemed after ${what} began to be taken back: it is refused`, async t => {
      const { client, sub, issue, redeem } = await prepared(present)
      // The removal has the approval, and cannot end: somebody else is about to change a grant of before.
      const before = fixtures.grant(client, { sub, scopes: SCOPES })
      await storage.tokens.issue({
        grant: before,
        accessToken: fixtures.accessToken(before),
        refreshToken: undefined,
      })
      await blocker.query('begin')
      await blocker.query('select from xwms.grants where id = $1 for update', [before.id])
      const taken = takeBack(client.id, sub)
      await waiting(1)
      const redeemed = redeem()
      await waiting(2)
      await blocker.query('rollback')
      t.equal(await taken, true)
      t.match(await redeemed, { outcome: 'taken_back' })
      await nothingIsLeft(t, issue)
    })
  }
}
