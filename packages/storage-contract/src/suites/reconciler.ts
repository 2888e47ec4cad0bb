import { randomUUID } from 'node:crypto'
import { monthAfter } from '@xwms/core'
import type { Suite } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const MAY = new Date('2026-05-01T00:00:00Z')
const JUNE = monthAfter(MAY)
const JULY = monthAfter(JUNE)

export const reconciler: Suite = {
  name: 'reconciler',
  async run(t, { storage, elsewhere, race }) {
    await t.test('what was written in the ordinary way agrees, races included, and is summed up', async t => {
      const workspaceId = randomUUID()
      const events = (at: Date) => [
        fixtures.meteredRequest({ workspaceId, at, route: 'GET /größe' }),
        fixtures.meteredRequest({ workspaceId, at, status: 404, priceNanoEuro: 20_000 }),
        fixtures.meteredRequest({ workspaceId, at, mode: 'test', priceNanoEuro: 0, domainId: undefined }),
      ]
      await race(20, (storage, racer) =>
        storage.usage.append(fixtures.usageBatch(events(racer % 2 === 0 ? MAY : JUNE))),
      )
      const compare = (from: Date, to: Date, eventsSince = MAY) =>
        elsewhere.reconciler.compare({ workspaceId, from, to, eventsSince }, 10)
      const agree = { differing: 0, differences: [], eventsSince: MAY }
      t.strictSame(await compare(MAY, JUNE), { events: 60n, counted: 60n, billable: 40n, ...agree })
      t.strictSame(await compare(MAY, MAY), { events: 30n, counted: 30n, billable: 20n, ...agree })
      t.strictSame(await compare(JULY, JULY), { events: 0n, counted: 0n, billable: 0n, ...agree })
      // What is compared with events are the counters of the same time; totals are of whole months.
      const since = { ...agree, eventsSince: JUNE }
      t.strictSame(await compare(MAY, JUNE, JUNE), { events: 30n, counted: 30n, billable: 40n, ...since })
    })

    await t.test('every workspace is looked at when none is named', async t => {
      const june = fixtures.meteredRequest({ workspaceId: randomUUID(), at: JULY })
      await storage.usage.append(fixtures.usageBatch([june, { ...june, workspaceId: randomUUID() }]))
      t.match(await elsewhere.reconciler.compare({ from: JULY, to: JULY, eventsSince: MAY }, 10), {
        events: 2n,
        counted: 2n,
        differing: 0,
      })
    })
  },
}
