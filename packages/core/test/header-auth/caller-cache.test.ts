import { setTimeout as wait } from 'node:timers/promises'
import { memory } from '@xwms/storage-memory'
import t from 'tap'
import type { KnownCaller } from '../../src/context/context.ts'
import { createCallerCache } from '../../src/header-auth/caller-cache.ts'
import { newSecret } from '../../src/lib/secret-format.ts'
import { updateClient } from '../../src/manage/clients.ts'
import { addDomain, updateDomain } from '../../src/manage/domains.ts'
import { linkSecret } from '../../src/manage/secret-links.ts'
import { createSecret, revokeSecret } from '../../src/manage/secrets.ts'
import type { Change } from '../../src/storage/storage.ts'
import { AUDIT, CLIENT, DOMAIN, SECRET } from '../context/surroundings.ts'
import { NOW } from '../installation.ts'
import { type Gate, gate } from './gate.ts'

/** How often the storage was asked for facts while something was done. */
async function reads(calls: readonly string[], work: () => Promise<unknown>): Promise<number> {
  const count = () => calls.filter(call => call === 'clients.facts').length
  const before = count()
  await work()
  return count() - before
}

t.test('a proven caller is read once; after that the storage is not asked about it', async t => {
  const { client, verdict, calls } = gate(t)
  const shop = await client()
  t.equal(await reads(calls, () => verdict(shop.headers)), 1)
  t.equal(await reads(calls, () => verdict(shop.headers)), 0)
  t.equal(await reads(calls, () => verdict(shop.headers)), 0)
})

t.test('what is known decides as what is read does', async t => {
  const { client, verdict } = gate(t)
  const shop = await client({ scopes: [] }, { ipAllowlist: ['192.0.2.0/24'], apiAllowed: false })
  const own = { ip: () => '192.0.2.1' }
  for (const round of ['read', 'known']) {
    t.equal(await verdict(shop.headers), 'domain_api_blocked', round)
    t.equal(await verdict(shop.headers, {}, { purpose: 'login' }), 'ip_not_allowed', round)
    t.equal(
      await verdict(shop.headers, { ...own, secure: () => false }, { purpose: 'login' }),
      'https_required',
      round,
    )
    t.equal(
      await verdict(shop.headers, own, { purpose: 'login', scope: 'orders:read' }),
      'scope_not_granted',
      round,
    )
    t.equal(await verdict(shop.headers, own, { purpose: 'login' }), 'admitted', round)
  }
})

t.test('a wrong secret always takes the way to the storage, also where the client is known', async t => {
  const { client, verdict, calls } = gate(t)
  const shop = await client()
  await verdict(shop.headers)
  const wrong = newSecret()
  for (const secret of [wrong, wrong, shop.value.slice(0, -1), `${shop.value}x`]) {
    const guess = { ...shop.headers, 'x-client-secret': secret }
    t.equal(await reads(calls, async () => t.equal(await verdict(guess), 'invalid_credentials')), 1)
  }
  t.equal(await reads(calls, () => verdict(shop.headers)), 0)
})

t.test('a secret is remembered for its own client and domain', async t => {
  const { client, verdict, calls, environment } = gate(t)
  const shop = await client()
  const other = await client()
  await addDomain(environment, { clientId: shop.client.id, host: 'www.example.com', mode: 'test' })
  await verdict(shop.headers)
  await verdict(other.headers)
  const foreign = { ...other.headers, 'x-client-secret': shop.value }
  t.equal(await reads(calls, async () => t.equal(await verdict(foreign), 'invalid_credentials')), 1)
  const elsewhere = { ...shop.headers, 'x-client-domain': 'www.example.com' }
  const plain = { secure: () => false }
  t.equal(await reads(calls, async () => t.equal(await verdict(elsewhere, plain), 'admitted')), 1)
  t.equal(await reads(calls, async () => t.equal(await verdict(elsewhere, plain), 'admitted')), 0)
  t.equal(await verdict(shop.headers, plain), 'https_required')
})

t.test('whatever changes about a client is seen by the next call', async t => {
  type Shop = Awaited<ReturnType<Gate['client']>>
  const changes: Record<string, [change: (gate: Gate, shop: Shop) => Promise<unknown>, verdict: string]> = {
    'its secret is revoked': [
      ({ environment }, { client, secret }) =>
        revokeSecret(environment, { clientId: client.id, secretId: secret.id }),
      'secret_revoked',
    ],
    'it is disabled': [
      ({ environment }, { client }) => updateClient(environment, client.id, { enabled: false }),
      'client_disabled',
    ],
    'its scope is taken away': [
      ({ environment }, { client }) => updateClient(environment, client.id, { scopes: [] }),
      'scope_not_granted',
    ],
    'its domain is made inactive': [
      ({ environment }, { client }) =>
        updateDomain(environment, { clientId: client.id, domain: 'shop.example.com' }, { active: false }),
      'domain_inactive',
    ],
    'its domain gets an allowlist': [
      ({ environment }, { client }) =>
        updateDomain(
          environment,
          { clientId: client.id, domain: 'shop.example.com' },
          { ipAllowlist: ['192.0.2.1'] },
        ),
      'ip_not_allowed',
    ],
    'its secrets must be linked': [
      ({ environment }, { client }) => updateClient(environment, client.id, { linksSecretsToDomains: true }),
      'secret_not_linked',
    ],
    'its workspace’s plan ends': [
      async ({ storage }, { client }) => {
        const workspace = await storage.workspaces.find(client.workspaceId)
        if (workspace)
          await storage.workspaces.update(workspace, { ...workspace, planStatus: 'inactive' }, AUDIT)
      },
      'plan_inactive',
    ],
  }
  for (const [name, [change, expected]] of Object.entries(changes)) {
    const entrance = gate(t)
    const shop = await entrance.client()
    const ask = () => entrance.verdict(shop.headers, {}, { scope: 'orders:read' })
    for (let call = 0; call < 2; call++) t.equal(await ask(), 'admitted')
    await change(entrance, shop)
    t.equal(await ask(), expected, name)
    t.equal(await ask(), expected, `${name}, still`)
  }
})

t.test('a link that is made later is seen by the next call', async t => {
  const { client, verdict, environment } = gate(t)
  const shop = await client({ linksSecretsToDomains: true })
  for (let call = 0; call < 2; call++) t.equal(await verdict(shop.headers), 'secret_not_linked')
  await linkSecret(environment, {
    clientId: shop.client.id,
    secretId: shop.secret.id,
    domain: shop.domain.id,
  })
  t.equal(await verdict(shop.headers), 'admitted')
})

t.test('a change of one client leaves what is known of others', async t => {
  const { client, verdict, calls, change } = gate(t)
  const shop = await client()
  const other = await client()
  await verdict(shop.headers)
  await verdict(other.headers)
  await change(shop.client.id)
  t.equal(await reads(calls, () => verdict(shop.headers)), 1)
  t.equal(await reads(calls, () => verdict(other.headers)), 0)
})

t.test('facts that were being read while a change came are used once and not kept', async t => {
  const { client, verdict, calls, environment, replace, restore } = gate(t)
  const shop = await client()
  let release = () => {}
  const released = new Promise<void>(resolve => {
    release = resolve
  })
  replace('clients.facts', async (real, ...given) => {
    const facts = await real(...given)
    await released
    return facts
  })
  const late = verdict(shop.headers)
  await wait(5)
  await updateClient(environment, shop.client.id, { enabled: false })
  release()
  t.equal(await late, 'admitted', 'it was asked before the change')
  restore('clients.facts')
  t.equal(await reads(calls, async () => t.equal(await verdict(shop.headers), 'client_disabled')), 1)
})

t.test('a change of any client counts: the facts that were read meanwhile are not kept', async t => {
  const { client, verdict, calls, change, replace, restore } = gate(t)
  const shop = await client()
  const other = await client()
  replace('clients.facts', async (real, ...given) => {
    const facts = await real(...given)
    await change(other.client.id)
    return facts
  })
  await verdict(shop.headers)
  restore('clients.facts')
  t.equal(await reads(calls, () => verdict(shop.headers)), 1)
  t.equal(await reads(calls, () => verdict(shop.headers)), 0)
})

t.test('while changes are not being heard, nothing comes from memory and nothing goes in', async t => {
  const { client, verdict, calls, replace, restore } = gate(t)
  const shop = await client()
  const other = await client()
  await verdict(shop.headers)
  replace('changes.isListening', () => false)
  for (const headers of [shop.headers, shop.headers, other.headers])
    t.equal(await reads(calls, async () => t.equal(await verdict(headers), 'admitted')), 1)
  restore('changes.isListening')
  t.equal(await reads(calls, () => verdict(other.headers)), 1, 'it was not kept while nothing was heard')
})

t.test('behind the notices stands a time limit, which use and further domains do not push on', async t => {
  const { client, verdict, calls, environment } = gate(t, { credentialCache: { seconds: 1 } })
  const shop = await client()
  for (const host of ['b.example.com', 'c.example.com'])
    await addDomain(environment, { clientId: shop.client.id, host, mode: 'live' })
  const at = (host: string) => ({ ...shop.headers, 'x-client-domain': host })
  t.equal(await reads(calls, () => verdict(shop.headers)), 1)
  await wait(600)
  await verdict(shop.headers)
  await verdict(at('b.example.com'))
  await wait(600)
  t.equal(await reads(calls, () => verdict(shop.headers)), 1)
  t.equal(await reads(calls, () => verdict(shop.headers)), 0)
})

t.test('a secret that expires while its client is known is refused from that moment', async t => {
  const { client, verdict, calls, environment, pass } = gate(t)
  const shop = await client()
  const { value } = await createSecret(environment, { clientId: shop.client.id, expiresInSeconds: 10 })
  const headers = { ...shop.headers, 'x-client-secret': value }
  t.equal(await verdict(headers), 'admitted')
  pass(9)
  t.equal(await verdict(headers), 'admitted')
  pass(1)
  t.equal(await reads(calls, async () => t.equal(await verdict(headers), 'secret_expired')), 0)
})

t.test('several secrets of a client work side by side, and more than are kept still work', async t => {
  const { client, verdict, calls, environment } = gate(t)
  const shop = await client()
  const values = [shop.value]
  for (let number = 0; number < 5; number++)
    values.push((await createSecret(environment, { clientId: shop.client.id })).value)
  const ask = (value: string | undefined) => verdict({ ...shop.headers, 'x-client-secret': value })
  for (const value of values) t.equal(await ask(value), 'admitted')
  t.equal(await reads(calls, () => ask(values[0])), 1, 'the first was forgotten')
  t.equal(await reads(calls, () => ask(values[5])), 0, 'the last is known')
  for (const value of values) t.equal(await ask(value), 'admitted')
})

t.test('no more callers are kept than the bound, the least recently used going first', async t => {
  const { client, verdict, calls } = gate(t, { credentialCache: { maxCallers: 2 } })
  const [a, b, c] = [await client(), await client(), await client()]
  for (const { headers } of [a, b, a, c]) await verdict(headers)
  t.equal(await reads(calls, () => verdict(a.headers)), 0)
  t.equal(await reads(calls, () => verdict(b.headers)), 1)
})

t.test('strangers cannot push known callers out', async t => {
  const { client, verdict, calls } = gate(t, { credentialCache: { maxCallers: 1 } })
  const shop = await client()
  const other = await client()
  await verdict(shop.headers)
  for (let number = 0; number < 5; number++) {
    await verdict({ ...shop.headers, 'x-client-id': `cl_${number}` })
    await verdict({ ...other.headers, 'x-client-secret': newSecret() })
    await verdict({
      ...shop.headers,
      'x-client-secret': newSecret(),
      'x-client-domain': `d${number}.example.com`,
    })
  }
  t.equal(await reads(calls, () => verdict(shop.headers)), 0)
})

t.test('a client that states ever new domains stays bounded, and is right about each', async t => {
  const { client, verdict } = gate(t)
  const shop = await client()
  for (let number = 0; number < 130; number++)
    t.equal(
      await verdict({ ...shop.headers, 'x-client-domain': `d${number}.example.com` }),
      'domain_not_allowed',
    )
  t.equal(await verdict(shop.headers), 'admitted')
})

/** The cache by itself, over notices that the test sends. */
function cacheOver(seconds = 30) {
  const listeners = new Set<(change: Change) => void>()
  const changes = {
    subscribe(listener: (change: Change) => void) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    isListening: () => true,
  }
  const cache = createCallerCache({ ...memory(), changes }, { maxCallers: 100, seconds, outageSeconds: 300 })
  const caller = (id: string): KnownCaller => ({
    client: { ...CLIENT, id },
    workspace: {
      id: 'ws_1',
      name: 'Acme',
      plan: 'basic',
      planStatus: 'active',
      monthlyRequestCap: undefined,
      monthlySpendCapNanoEuro: undefined,
      billing: undefined,
      createdAt: NOW,
    },
    secret: { ...SECRET, clientId: id },
    domain: DOMAIN,
    linkedSecretIds: [],
    allowsIp: () => true,
    usedFrom: '203.0.113.10',
    stated: 'a.example.com',
  })
  return {
    cache,
    listeners,
    notify: (change: Change) => {
      for (const listener of listeners) listener(change)
    },
    remember: (id: string, readAt = cache.epoch) =>
      cache.set('a.example.com', `secret of ${id}`, caller(id), readAt),
    knows: (id: string) => cache.get(id, 'a.example.com', `secret of ${id}`) !== undefined,
  }
}

t.test('when changes may have been missed, everything is forgotten', async t => {
  const { remember, knows, notify, cache } = cacheOver()
  remember('cl_1')
  remember('cl_2')
  t.ok(knows('cl_1') && knows('cl_2'))
  const readAt = cache.epoch
  notify({ kind: 'everything' })
  t.notOk(knows('cl_1') || knows('cl_2'))
  remember('cl_1', readAt)
  t.notOk(knows('cl_1'), 'and what was being read meanwhile too')
})

t.test('a cache that is closed listens no more', async t => {
  const { cache, listeners } = cacheOver()
  t.equal(listeners.size, 1)
  cache.close()
  t.equal(listeners.size, 0)
})
