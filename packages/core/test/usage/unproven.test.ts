import t from 'tap'
import type { UnprovenEntry } from '../../src/context/context.ts'
import { Unproven } from '../../src/usage/unproven.ts'
import { NOW } from '../installation.ts'
import { metering } from './metering.ts'

let number = 0

function refusal(clientId: string, seconds = 0): UnprovenEntry {
  number++
  return {
    id: `entry-${number}`,
    at: new Date(NOW.getTime() + seconds * 1000),
    requestId: `request-${number}`,
    clientId,
    route: 'GET /orders',
    status: 401,
    durationMs: 1,
    ip: '203.0.113.10',
    userAgent: 'curl/8',
    refusedBy: 'invalid_credentials',
    facts: {},
  }
}

/** Over a storage that has these clients, each in a workspace of its own. */
function scene(...known: readonly string[]) {
  const asked: string[][] = []
  const clients = {
    async workspaces(ids: readonly string[]) {
      asked.push([...ids])
      return new Map(known.filter(id => ids.includes(id)).map(id => [id, `ws of ${id}`]))
    },
  }
  const unproven = new Unproven({ clients } as unknown as ConstructorParameters<typeof Unproven>[0])
  return { unproven, asked }
}

t.test('whose client was stated is told, of all that wait in one question', async t => {
  const { unproven, asked } = scene('shop', 'other')
  const entries = ['shop', 'nobody', 'shop', 'other'].map(id => refusal(id))
  for (const entry of entries) unproven.add(entry)
  t.strictSame(asked, [], 'taking one in asks nothing')
  t.equal(unproven.isEmpty, false)
  const taken = await unproven.take()
  t.strictSame(asked, [['shop', 'nobody', 'other']])
  t.strictSame(
    taken,
    [entries[0], entries[2], entries[3]].map(entry => ({
      ...entry,
      workspaceId: `ws of ${entry?.clientId}`,
      domainId: undefined,
    })),
  )
  t.equal(unproven.isEmpty, true)
  t.strictSame(await unproven.take(), [])
  t.equal(asked.length, 1, 'where nothing waits nothing is asked')
})

t.test('of one client ten a minute are told, however often it is looked', async t => {
  const { unproven } = scene('shop', 'other')
  let told = 0
  for (let round = 0; round < 5; round++) {
    for (let time = 0; time < 7; time++) unproven.add(refusal('shop', round))
    told += (await unproven.take()).length
  }
  t.equal(told, 10)
  unproven.add(refusal('other', 5))
  t.equal((await unproven.take()).length, 1, 'others are not concerned')
  for (let time = 0; time < 7; time++) unproven.add(refusal('shop', 60))
  t.equal((await unproven.take()).length, 7, 'the next minute is a new one')
})

t.test('of all clients together a hundred a minute are told', async t => {
  const known = Array.from({ length: 200 }, (_, index) => `client ${index}`)
  const { unproven } = scene(...known)
  for (const id of known) unproven.add(refusal(id))
  t.equal((await unproven.take()).length, 100)
  for (const id of known) unproven.add(refusal(id, 50))
  t.equal((await unproven.take()).length, 0)
})

t.test('what is made up takes no room in the log, and not more memory than is bounded', async t => {
  const { unproven, asked } = scene('shop')
  for (let guess = 0; guess < 10_000; guess++) unproven.add(refusal(`made up ${guess}`))
  unproven.add(refusal('shop'))
  t.strictSame(await unproven.take(), [])
  t.equal(asked[0]?.length, 500)
  unproven.add(refusal('shop'))
  t.equal((await unproven.take()).length, 1, 'a moment later there is room again')
})

t.test('while the storage cannot be asked nothing is kept, and nothing breaks', async t => {
  const { meter, replace, restore, log } = metering()
  replace('clients.workspaces', () => Promise.reject(new Error('No.')))
  meter.noteUnproven(refusal('shop'))
  await meter.flush()
  t.match(log, [{ level: 'error', message: 'The request log could not be written.' }])
  restore('clients.workspaces')
  await meter.flush()
  t.equal(log.length, 1)
})
