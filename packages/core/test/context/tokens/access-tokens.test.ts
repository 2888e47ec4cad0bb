import { setTimeout as delay } from 'node:timers/promises'
import { memory } from '@xwms/storage-memory'
import t, { type Test } from 'tap'
import { DEFAULT_METER } from '../../../src/config/defaults.ts'
import { consoleLogger } from '../../../src/config/logger.ts'
import type { Accounts, MeterOptions } from '../../../src/config/options.ts'
import { createKnownClients } from '../../../src/context/clients/known-clients.ts'
import { Outage } from '../../../src/context/metering/outage.ts'
import { createAccessTokens } from '../../../src/context/tokens/access-tokens.ts'
import { StorageUnavailableError } from '../../../src/errors.ts'
import type { AccessToken, Grant } from '../../../src/model/authorization.ts'
import type { Storage } from '../../../src/storage/storage.ts'
import { NOW } from '../../installation.ts'
import { watched } from '../../watched-storage.ts'
import { AUDIT, CLIENT, USER } from '../surroundings.ts'

const WORKSPACE = {
  id: CLIENT.workspaceId,
  name: 'Acme',
  plan: 'basic',
  planStatus: 'active',
  monthlyRequestCap: undefined,
  monthlySpendCapNanoEuro: undefined,
  billing: undefined,
  createdAt: NOW,
} as const

const GRANT: Grant = {
  id: 'gr_1',
  clientId: CLIENT.id,
  sub: USER.sub,
  sid: 'sid_1',
  scopes: ['openid'],
  authenticatedAt: NOW,
  amr: ['pwd'],
  parameters: {},
  createdAt: NOW,
  revokedAt: undefined,
}

const TOKEN: AccessToken = {
  hash: 'hash-1',
  grantId: GRANT.id,
  clientId: CLIENT.id,
  sub: USER.sub,
  scopes: ['openid'],
  audience: [],
  authorizationDetails: undefined,
  confirmation: undefined,
  createdAt: NOW,
  expiresAt: new Date(NOW.getTime() + 3_600_000),
}

/** A storage with one token of a user's in it, and the cache before it. */
async function scene(
  t: Test,
  {
    accounts,
    maxCallers = 100,
    seconds = 30,
    meter,
  }: { accounts?: Accounts; maxCallers?: number; seconds?: number; meter?: Required<MeterOptions> } = {},
) {
  let time = NOW.getTime()
  const now = () => new Date(time)
  const watch = watched(memory())
  const { storage, calls } = watch
  await storage.workspaces.create(WORKSPACE, [], AUDIT)
  await storage.clients.create(CLIENT, undefined, AUDIT)
  await storage.users.create({ ...USER, passwordHash: 'a hash' }, AUDIT)
  await storage.tokens.issue({ grant: GRANT, accessToken: TOKEN, refreshToken: undefined })
  const options = { maxCallers, seconds, outageSeconds: 300 }
  const outage = new Outage(meter ?? DEFAULT_METER, consoleLogger(), () => {})
  const clients = createKnownClients(storage, options)
  const own: Accounts = { find: sub => storage.users.find(sub), signIn: async () => undefined }
  const tokens = createAccessTokens({ storage, clients, accounts: accounts ?? own, outage, now }, options)
  t.teardown(() => {
    tokens.close()
    clients.close()
  })
  return {
    ...watch,
    tokens,
    outage,
    now,
    pass(seconds: number) {
      time += seconds * 1000
    },
    /** What the storage is asked while something runs. */
    async asked(run: () => Promise<unknown>): Promise<string[]> {
      const before = calls.length
      await run()
      return calls.slice(before).filter(call => call !== 'changes.isListening')
    },
  }
}

t.test('a token comes with its grant, client, workspace and user, and the next time from memory', async t => {
  const { tokens, asked } = await scene(t)
  const known = await tokens.find(TOKEN.hash)
  t.strictSame(known, {
    token: TOKEN,
    grant: GRANT,
    client: CLIENT,
    workspace: WORKSPACE,
    user: { ...USER, passwordHash: undefined },
  })
  t.strictSame(await asked(() => tokens.find(TOKEN.hash)), [])
  t.strictSame(await tokens.find(TOKEN.hash), known)
})

t.test('the clients of other tokens are known already', async t => {
  const { tokens, storage, asked } = await scene(t)
  const grant = { ...GRANT, id: 'gr_2', sub: undefined }
  const accessToken = { ...TOKEN, hash: 'hash-2', grantId: grant.id, sub: undefined }
  await storage.tokens.issue({ grant, accessToken, refreshToken: undefined })
  await tokens.find(TOKEN.hash)
  t.strictSame(await asked(() => tokens.find('hash-2')), ['tokens.findAccessToken'])
  t.equal((await tokens.find('hash-2'))?.user, undefined)
})

t.test('a token that is unknown is asked for each time', async t => {
  const { tokens, asked } = await scene(t)
  for (const _ of [1, 2]) {
    t.strictSame(await asked(() => tokens.find('unknown')), ['tokens.findAccessToken'])
    t.equal(await tokens.find('unknown'), undefined)
  }
})

t.test('a token ends by the clock, in memory too', async t => {
  const { tokens, pass } = await scene(t)
  t.ok(await tokens.find(TOKEN.hash))
  pass(3599)
  t.ok(await tokens.find(TOKEN.hash))
  pass(1)
  t.equal(await tokens.find(TOKEN.hash), undefined)
})

t.test('whatever ends a token is heard of at once', async t => {
  const ends: Readonly<Record<string, (storage: Storage) => Promise<unknown>>> = {
    'the token is revoked': storage => storage.tokens.revokeAccessToken(TOKEN.hash, NOW),
    'its grant is revoked': storage => storage.tokens.revokeGrant(GRANT.id, NOW),
    'its client is disabled': storage => storage.clients.update(CLIENT, { ...CLIENT, enabled: false }, AUDIT),
    'its client is gone': storage => storage.clients.delete(CLIENT.id, AUDIT),
  }
  for (const [what, end] of Object.entries(ends)) {
    const { tokens, storage } = await scene(t)
    t.ok(await tokens.find(TOKEN.hash), what)
    await end(storage)
    t.equal(await tokens.find(TOKEN.hash), undefined, what)
  }
})

t.test('a change forgets what it concerns, and nothing else', async t => {
  const { tokens, storage, asked } = await scene(t)
  const grant = { ...GRANT, id: 'gr_2', sub: undefined }
  const accessToken = { ...TOKEN, hash: 'hash-2', grantId: grant.id, sub: undefined }
  await storage.tokens.issue({ grant, accessToken, refreshToken: undefined })
  const both = async () => {
    await tokens.find(TOKEN.hash)
    await tokens.find('hash-2')
  }
  await both()
  await storage.tokens.revokeGrant('gr_2', NOW)
  t.strictSame(await asked(() => tokens.find(TOKEN.hash)), [])
  t.strictSame(await asked(() => tokens.find('hash-2')), ['tokens.findAccessToken'])
  await storage.workspaces.update(WORKSPACE, { ...WORKSPACE, planStatus: 'inactive' }, AUDIT)
  t.equal((await tokens.find(TOKEN.hash))?.workspace?.planStatus, 'inactive')
})

t.test('a user who is disabled or gone has no tokens', async t => {
  let user: typeof USER | undefined = USER
  const { tokens } = await scene(t, { accounts: { find: async () => user, signIn: async () => undefined } })
  user = { ...USER, disabledAt: NOW }
  t.equal(await tokens.find(TOKEN.hash), undefined)
  user = undefined
  t.equal(await tokens.find(TOKEN.hash), undefined, 'and neither is remembered')
  user = USER
  t.ok(await tokens.find(TOKEN.hash))
})

t.test('a change of its user makes a token be read anew', async t => {
  let user = USER
  const { tokens, storage } = await scene(t, {
    accounts: { find: async () => user, signIn: async () => undefined },
  })
  t.ok(await tokens.find(TOKEN.hash))
  user = { ...USER, disabledAt: NOW }
  const fields = { type: 'standard', city: 'London', country: 'GB' }
  await storage.addresses.create('4712', fields as never, NOW)
  t.ok(await tokens.find(TOKEN.hash), 'somebody else’s does not')
  await storage.addresses.create(USER.sub, fields as never, NOW)
  t.equal(await tokens.find(TOKEN.hash), undefined)
})

t.test(
  'a user of the host’s own, of whose changes nobody tells, is believed until the time limit',
  async t => {
    let user = USER
    const accounts = { find: async () => user, signIn: async () => undefined }
    const { tokens } = await scene(t, { accounts, seconds: 0.1 })
    t.ok(await tokens.find(TOKEN.hash))
    user = { ...USER, disabledAt: NOW }
    await delay(200)
    t.equal(await tokens.find(TOKEN.hash), undefined)
  },
)

t.test('while changes are not heard, nothing is served from memory and nothing is kept', async t => {
  const { tokens, replace, restore, asked } = await scene(t)
  await tokens.find(TOKEN.hash)
  replace('changes.isListening', () => false)
  t.ok((await asked(() => tokens.find(TOKEN.hash))).includes('tokens.findAccessToken'))
  replace('tokens.findAccessToken', async () => undefined)
  t.equal(await tokens.find(TOKEN.hash), undefined)
  restore('tokens.findAccessToken')
  restore('changes.isListening')
  t.strictSame(await asked(() => tokens.find(TOKEN.hash)), [], 'what was heard of before is still good')
})

t.test('what was read while a change came is not kept', async t => {
  const { tokens, storage, replace, restore } = await scene(t)
  replace('tokens.findAccessToken', async (real, ...given) => {
    const found = await real(...given)
    await storage.tokens.revokeAccessToken(TOKEN.hash, NOW)
    return found
  })
  t.ok(await tokens.find(TOKEN.hash), 'it was good when it was read')
  restore('tokens.findAccessToken')
  t.equal(await tokens.find(TOKEN.hash), undefined)
})

t.test('the cache is bounded, and what falls out of it leaves nothing behind', async t => {
  const { tokens, storage, asked } = await scene(t, { maxCallers: 2 })
  for (const n of [2, 3]) {
    const grant = { ...GRANT, id: `gr_${n}` }
    const accessToken = { ...TOKEN, hash: `hash-${n}`, grantId: grant.id }
    await storage.tokens.issue({ grant, accessToken, refreshToken: undefined })
    await tokens.find(`hash-${n}`)
  }
  await tokens.find(TOKEN.hash)
  t.strictSame(await asked(() => tokens.find('hash-3')), [])
  t.ok((await asked(() => tokens.find('hash-2'))).includes('tokens.findAccessToken'))
  await storage.tokens.revokeGrant('gr_3', NOW)
  await storage.tokens.revokeGrant('gr_2', NOW)
  t.equal(await tokens.find('hash-2'), undefined)
  t.equal(await tokens.find('hash-3'), undefined)
})

t.test(
  'while the storage is away, a token that was known is good where requests are to be served',
  async t => {
    const away = () => Promise.reject(new StorageUnavailableError('No PostgreSQL answers.'))
    for (const whenUnavailable of ['queue', 'admit', 'refuse'] as const) {
      const meter = { ...DEFAULT_METER, whenUnavailable, outageSeconds: 60 }
      const { tokens, outage, replace, restore, pass } = await scene(t, { meter })
      t.ok(await tokens.find(TOKEN.hash))
      replace('changes.isListening', () => false)
      replace('tokens.findAccessToken', away)
      if (whenUnavailable === 'refuse') {
        await t.rejects(tokens.find(TOKEN.hash), { code: 'storage_unavailable' })
        continue
      }
      t.ok(await tokens.find(TOKEN.hash), whenUnavailable)
      t.ok(outage.isInQuestion)
      // As the meter does, whose write fails as well.
      outage.begin(NOW.getTime())
      await t.rejects(tokens.find('hash-2'), { code: 'storage_unavailable' }, 'one that was not known is not')
      pass(61)
      await t.rejects(tokens.find(TOKEN.hash), { code: 'storage_unavailable' }, 'nor is it for ever')
      outage.end()
      restore('tokens.findAccessToken')
      t.ok(await tokens.find(TOKEN.hash))
    }
  },
)
