import type { AuditEntry, Client, Domain, Storage, UpdateOutcome, Workspace } from '@xwms/core'
import type { Test } from 'tap'
import { type Arena, type Suite, tally } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const { later } = fixtures

/** Something that is read and written whole. */
interface Kept<Thing> {
  readonly before: Thing
  /** Of its audit. */
  readonly workspaceId: string
  /** Another value for every member that an update replaces. */
  readonly others: Partial<Thing>
  /** Adds one to a list that it has, so that it is seen whether each of many changes took place. */
  longer(thing: Thing, line: string): Thing
  lines(thing: Thing): readonly string[]
  read(storage: Storage): Promise<Thing | undefined>
  write(storage: Storage, before: Thing, after: Thing, audit: AuditEntry): Promise<UpdateOutcome>
}

const LINES = Array.from({ length: 20 }, (_, index) => `10.0.0.${index}`)
const LIMIT = { requests: 7, windowSeconds: 60, sliding: true }
const BILLING = { name: 'Müller', addressLines: ['Straße 1'], country: 'DE' }

async function keptWorkspace(storage: Storage): Promise<Kept<Workspace>> {
  const before = await fixtures.storedWorkspace(storage, { billing: BILLING })
  const lines = ({ billing }: Workspace) => billing?.addressLines ?? []
  return {
    before,
    workspaceId: before.id,
    others: {
      name: 'Neu',
      plan: 'enterprise',
      planStatus: 'inactive',
      monthlyRequestCap: 0,
      monthlySpendCapNanoEuro: 2 ** 50,
      billing: { ...BILLING, vatId: 'DE1' },
    },
    longer: (thing, line) => ({ ...thing, billing: { ...BILLING, addressLines: [...lines(thing), line] } }),
    lines,
    read: storage => storage.workspaces.find(before.id),
    write: (storage, ...given) => storage.workspaces.update(...given),
  }
}

async function keptClient(storage: Storage): Promise<Kept<Client>> {
  const before = await fixtures.storedClient(storage)
  return {
    before,
    workspaceId: before.workspaceId,
    others: {
      name: '改名',
      type: 'public',
      profile: 'fapi2',
      enabled: false,
      linksSecretsToDomains: true,
      requirePkce: false,
      grantTypes: [],
      scopes: ['email', 'openid', 'userinfo'],
      redirectUris: ['https://shop.example/other'],
      uri: undefined,
      logoUri: 'https://shop.example/logo.svg',
      policyUri: 'https://shop.example/policy',
      tosUri: 'https://shop.example/tos',
      metadata: { contacts: ['b@example.com'], software_version: '1.0' },
      rateLimit: LIMIT,
      rateLimitSetBy: '4711',
      rateLimitSetAt: later(1),
      operatorRateLimit: { ...LIMIT, sliding: false },
      operatorRateLimitSetBy: 'cli',
      operatorRateLimitSetAt: later(2),
      registrationTokenHash: fixtures.hash(),
      updatedAt: later(3),
    },
    longer: (thing, line) => ({ ...thing, scopes: [...thing.scopes, line] }),
    lines: ({ scopes }) => scopes,
    read: storage => storage.clients.find(before.id),
    write: (storage, ...given) => storage.clients.update(...given),
  }
}

async function keptDomain(storage: Storage): Promise<Kept<Domain>> {
  const client = await fixtures.storedClient(storage)
  const before = fixtures.domain(client, { mode: 'test' })
  await storage.clients.addDomain(before, undefined, fixtures.audit())
  return {
    before,
    workspaceId: client.workspaceId,
    others: {
      mode: 'live',
      active: false,
      loginAllowed: false,
      apiAllowed: false,
      ipAllowlist: ['2001:db8::/32', '192.0.2.1'],
      testUsersOnly: true,
      fallbackUri: 'https://shop.example/',
    },
    longer: (thing, line) => ({ ...thing, ipAllowlist: [...thing.ipAllowlist, line] }),
    lines: ({ ipAllowlist }) => ipAllowlist,
    read: async storage => (await storage.clients.domains(client.id))[0],
    write: (storage, ...given) => storage.clients.updateDomain(...given),
  }
}

/** Changes a thing as whoever was overtaken does: reads it again, and makes the same change to what it is now. */
async function change<Thing>(
  { read, write, workspaceId }: Kept<Thing>,
  storage: Storage,
  by: (before: Thing) => Thing,
): Promise<void> {
  // Every try that fails is one of the others' changes, each of which is made once.
  for (let attempt = 1; attempt <= 25; attempt++) {
    const before = (await read(storage)) as Thing
    const after = by(before)
    const entry = fixtures.audit({ workspaceId, action: 'update', before: { before }, after: { after } })
    if ((await write(storage, before, after, entry)).outcome === 'updated') return
  }
  throw new Error('It was overtaken more often than there are others.')
}

async function keeps<Thing extends object>(
  t: Test,
  { storage, elsewhere, race }: Arena,
  kept: (storage: Storage) => Promise<Kept<Thing>>,
): Promise<void> {
  const updates = async ({ workspaceId }: Kept<Thing>) =>
    (await elsewhere.audit.list(workspaceId, 100)).filter(({ action }) => action === 'update')

  await t.test('changes of different members at once all hold', async t => {
    const thing = await kept(storage)
    const others = Object.entries(thing.others)
    await race(others.length, (storage, racer) =>
      change(thing, storage, before => ({
        ...before,
        ...Object.fromEntries(others.slice(racer, racer + 1)),
      })),
    )
    t.strictSame(await thing.read(elsewhere), { ...thing.before, ...thing.others })
  })

  await t.test('so do twenty of the same list, and the audit tells each as it took place', async t => {
    const thing = await kept(storage)
    await race(LINES.length, (storage, racer) =>
      change(thing, storage, before => thing.longer(before, LINES[racer] as string)),
    )
    const last = (await thing.read(storage)) as Thing
    t.strictSame(new Set(thing.lines(last)), new Set([...thing.lines(thing.before), ...LINES]))
    t.equal(thing.lines(last).length, thing.lines(thing.before).length + LINES.length)
    const told = (await updates(thing)).reverse()
    t.equal(told.length, LINES.length)
    const plain = (value: unknown) => JSON.parse(JSON.stringify(value))
    const sides = [thing.before, ...told.map(({ after }) => after?.after)].map(plain)
    for (const [index, { before }] of told.entries()) t.strictSame(plain(before?.before), sides[index])
    t.strictSame(sides.at(-1), plain(last))
  })

  await t.test('of changes made to the same thing at once one is written', async t => {
    const thing = await kept(storage)
    const results = await race(10, (storage, racer) => {
      const after = thing.longer(thing.before, LINES[racer] as string)
      const entry = fixtures.audit({ workspaceId: thing.workspaceId, action: 'update' })
      return thing.write(storage, thing.before, after, entry)
    })
    t.strictSame(tally(results), { updated: 1, outdated: 9 })
    t.equal((await updates(thing)).length, 1)
  })

  await t.test('whatever member it is that differs, nothing is written', async t => {
    const thing = await kept(storage)
    for (const [member, value] of Object.entries(thing.others)) {
      const outdated = { ...thing.before, [member]: value }
      const entry = fixtures.audit({ workspaceId: thing.workspaceId, action: 'update' })
      const after = thing.longer(thing.before, 'outdated')
      t.strictSame(await thing.write(storage, outdated, after, entry), { outcome: 'outdated' }, member)
    }
    t.strictSame(await thing.read(elsewhere), thing.before)
    t.strictSame(await updates(thing), [])
  })

  await t.test('a thing that is written as it is stays so, and that is audited', async t => {
    const thing = await kept(storage)
    const entry = fixtures.audit({ workspaceId: thing.workspaceId, action: 'update' })
    t.strictSame(await thing.write(storage, thing.before, thing.before, entry), { outcome: 'updated' })
    t.strictSame(await thing.read(elsewhere), thing.before)
    t.strictSame(await updates(thing), [entry])
  })
}

export const updates: Suite = {
  name: 'changes of what was read',
  async run(t, arena) {
    await t.test('a workspace', t => keeps(t, arena, keptWorkspace))
    await t.test('a client', t => keeps(t, arena, keptClient))
    await t.test('a domain', t => keeps(t, arena, keptDomain))
  },
}
