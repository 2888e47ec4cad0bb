import { memory } from '@xwms/storage-memory'
import t from 'tap'
import { createKnownClients } from '../../../src/context/clients/known-clients.ts'
import type { Change } from '../../../src/storage/storage.ts'
import { NOW } from '../../installation.ts'
import { type WatchedStorage, watched } from '../../watched-storage.ts'
import { AUDIT, CLIENT, DOMAIN } from '../surroundings.ts'

const LIMITS = { maxCallers: 10, seconds: 30 }
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

async function stored(): Promise<WatchedStorage> {
  const storage = memory()
  await storage.workspaces.create(WORKSPACE, [], AUDIT)
  await storage.clients.create(CLIENT, undefined, AUDIT)
  await storage.clients.addDomain(DOMAIN, undefined, AUDIT)
  return watched(storage)
}

t.test('a client comes with its workspace and its domains, and the next time from memory', async t => {
  const { storage, calls } = await stored()
  const clients = createKnownClients(storage, LIMITS)
  const known = await clients.find(CLIENT.id)
  t.strictSame(known, { client: CLIENT, workspace: WORKSPACE, domains: [DOMAIN] })
  const reads = calls.length
  t.strictSame(await clients.find(CLIENT.id), known)
  t.strictSame(
    calls.slice(reads).filter(call => call !== 'changes.isListening'),
    [],
  )
})

t.test('a change of the client, its domain or anything is seen at once', async t => {
  const { storage } = await stored()
  const clients = createKnownClients(storage, LIMITS)
  await clients.find(CLIENT.id)
  await storage.clients.update(CLIENT, { ...CLIENT, enabled: false }, AUDIT)
  t.equal((await clients.find(CLIENT.id))?.client.enabled, false)
  await storage.clients.updateDomain(DOMAIN, { ...DOMAIN, active: false }, AUDIT)
  t.equal((await clients.find(CLIENT.id))?.domains[0]?.active, false)
  await storage.workspaces.update(WORKSPACE, { ...WORKSPACE, planStatus: 'inactive' }, AUDIT)
  t.equal((await clients.find(CLIENT.id))?.workspace?.planStatus, 'inactive')
  await storage.clients.delete(CLIENT.id, AUDIT)
  t.equal(await clients.find(CLIENT.id), undefined)
})

t.test('a client that is not there is looked for each time', async t => {
  const { storage } = await stored()
  const clients = createKnownClients(storage, LIMITS)
  t.equal(await clients.find('cl_2'), undefined)
  await storage.clients.create({ ...CLIENT, id: 'cl_2' }, undefined, AUDIT)
  t.equal((await clients.find('cl_2'))?.client.id, 'cl_2')
})

t.test(
  'what was read while a change came is not kept, and nothing is while changes are not heard',
  async t => {
    const { storage, calls } = await stored()
    let tell: (change: Change) => void = () => {}
    let listening = true
    const changes = {
      isListening: () => listening,
      subscribe: (listener: typeof tell) => {
        tell = listener
        return () => {}
      },
    }
    const clients = createKnownClients({ ...storage, changes }, LIMITS)
    const reads = () => calls.filter(call => call === 'clients.find').length
    const reading = clients.find(CLIENT.id)
    tell({ kind: 'client', clientId: CLIENT.id })
    await reading
    await clients.find(CLIENT.id)
    t.equal(reads(), 2)
    tell({ kind: 'user', sub: '4711' })
    await clients.find(CLIENT.id)
    t.equal(reads(), 2, 'users are no facts about a client')
    listening = false
    await clients.find(CLIENT.id)
    t.equal(reads(), 3)
    listening = true
    await clients.find(CLIENT.id)
    t.equal(reads(), 3, 'what was known before stands')
    tell({ kind: 'everything' })
    await clients.find(CLIENT.id)
    t.equal(reads(), 4)
  },
)
