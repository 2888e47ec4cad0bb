// One of several processes that write usage which meets in every row that it can: gets ready, waits for the others, then
// writes its batches, some of them twice at once, and tells how many events and uses it wrote. Started by ledger-locks.test.ts.
import { randomInt, randomUUID } from 'node:crypto'
import type { UsageBatch } from '@xwms/core'
import { postgres } from '../../src/index.ts'

const [url = '', month = '', workspaces = '', batches = '0'] = process.argv.slice(2)
const storage = postgres({ connectionString: url, maxConnections: 4 })
const workspaceIds = workspaces.split(',')
const some = <Item>(items: readonly Item[]) => items[randomInt(items.length)] as Item
const shuffled = <Item>(items: readonly Item[]) =>
  items
    .map(item => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)

const start = new Date('2026-03-14T15:09:26.535Z')
const end = new Date(start.getTime() + 60_000)

function batch(): UsageBatch {
  const events = Array.from({ length: 60 }, () => ({
    at: new Date(Date.parse(month) + randomInt(3) * 3_600_000),
    workspaceId: some(workspaceIds),
    clientId: `client ${randomInt(4)}`,
    domainId: some([undefined, 'dom_1']),
    route: `GET /${randomInt(3)}`,
    mode: 'live' as const,
    sub: undefined,
    status: some([200, 404]),
    durationMs: 1,
    priceNanoEuro: some([5, 10]),
    requestId: randomUUID(),
    caller: some([undefined, { ip: '192.0.2.1', userAgent: undefined }]),
  }))
  const windows = shuffled(['a', 'b', 'c', 'd']).map(key => ({ key, start, end, since: start, used: 1 }))
  return { id: randomUUID(), events, windows }
}

async function lane(): Promise<void> {
  for (let left = Number(batches); left > 0; left--) {
    const own = batch()
    await Promise.all(
      left % 5 === 0 ? [storage.usage.append(own), storage.usage.append(own)] : [storage.usage.append(own)],
    )
  }
}

await storage.ready()
process.once('message', async () => {
  await Promise.all([lane(), lane(), lane()])
  process.send?.({ batches: 3 * Number(batches), events: 3 * Number(batches) * 60 })
  await storage.close()
  process.disconnect()
})
process.send?.('ready')
