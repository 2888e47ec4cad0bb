import { randomUUID } from 'node:crypto'
import type { UsageCounter, UsageEvent } from '@xwms/core'
import type { Suite } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const from = new Date('2026-01-01T00:00:00Z')
const to = new Date('2027-01-01T00:00:00Z')

function totals(counters: readonly UsageCounter[]) {
  return {
    requests: counters.reduce((sum, { requests }) => sum + requests, 0n),
    priceNanoEuro: counters.reduce((sum, { priceNanoEuro }) => sum + priceNanoEuro, 0n),
  }
}

export const usage: Suite = {
  name: 'usage',
  async run(t, { storage, elsewhere, race }) {
    await t.test('events come back as they went in, oldest first, at most so many', async t => {
      const workspaceId = randomUUID()
      const events = [
        fixtures.usageEvent({ workspaceId, sub: '9007199254740991', route: 'GET /größe/{id}' }),
        fixtures.usageEvent({
          workspaceId,
          at: fixtures.later(1),
          mode: 'test',
          priceNanoEuro: 0,
          status: 503,
        }),
        fixtures.usageEvent({ workspaceId, at: fixtures.later(2), durationMs: 0 }),
      ]
      await storage.usage.append([...events].reverse())
      t.strictSame(await elsewhere.usage.events({ workspaceId, from, to }, 10), events)
      t.strictSame(await elsewhere.usage.events({ workspaceId, from, to }, 2), events.slice(0, 2))
    })

    await t.test(
      'counters add up what shares hour, client, domain, route, mode and status class',
      async t => {
        const workspaceId = randomUUID()
        const hour = new Date('2026-05-31T23:00:00Z')
        const event = (given: Partial<UsageEvent>) => fixtures.usageEvent({ workspaceId, at: hour, ...given })
        await storage.usage.append([
          event({ priceNanoEuro: 10_000 }),
          event({ at: new Date('2026-05-31T23:59:59.999Z'), status: 204, priceNanoEuro: 5 }),
          event({ status: 404 }),
          event({ mode: 'test', priceNanoEuro: 0 }),
          event({ at: new Date('2026-06-01T00:00:00Z') }),
        ])
        const common = { workspaceId, clientId: 'client', domainId: 'dom_1', route: event({}).route }
        const counters = await elsewhere.usage.counters({ workspaceId, from, to })
        const expected = [
          { hour, ...common, mode: 'live', statusClass: 2, requests: 2n, priceNanoEuro: 10_005n },
          { hour, ...common, mode: 'live', statusClass: 4, requests: 1n, priceNanoEuro: 10_000n },
          { hour, ...common, mode: 'test', statusClass: 2, requests: 1n, priceNanoEuro: 0n },
          {
            hour: new Date('2026-06-01T00:00:00Z'),
            ...common,
            mode: 'live',
            statusClass: 2,
            requests: 1n,
            priceNanoEuro: 10_000n,
          },
        ]
        t.strictSame(counters, expected)
        t.strictSame(await elsewhere.usage.counters({ workspaceId, from, to }), counters, 'in a stable order')
      },
    )

    await t.test(
      'a query takes the beginning, leaves the end, and narrows by workspace and client',
      async t => {
        const [workspaceId, clientId] = [randomUUID(), randomUUID()]
        const hours = ['2026-07-01T10:00:00Z', '2026-07-01T11:00:00Z'].map(text => new Date(text))
        const [first, second] = hours as [Date, Date]
        await storage.usage.append([
          fixtures.usageEvent({ workspaceId, clientId, at: first }),
          fixtures.usageEvent({ workspaceId, clientId: 'another', at: first }),
          fixtures.usageEvent({ workspaceId, clientId, at: second }),
          fixtures.usageEvent({ workspaceId: 'another', clientId: 'another', at: first }),
        ])
        const requests = async (query: { workspaceId?: string; clientId?: string; from: Date; to: Date }) => {
          const events = await storage.usage.events(query, 100)
          t.equal(Number(totals(await storage.usage.counters(query)).requests), events.length)
          return events.length
        }
        t.equal(await requests({ workspaceId, from: first, to: second }), 2)
        t.equal(await requests({ workspaceId, clientId, from: first, to: second }), 1)
        t.equal(await requests({ clientId, from: first, to }), 2)
        t.equal(await requests({ workspaceId: 'nobody', from, to }), 0)
        t.equal(await requests({ from: first, to: second }), 3)
      },
    )

    await t.test('an event that is written again, in the same call or another, changes nothing', async t => {
      const workspaceId = randomUUID()
      const event = fixtures.usageEvent({ workspaceId })
      await storage.usage.append([event, event])
      await elsewhere.usage.append([event, fixtures.usageEvent({ workspaceId })])
      await storage.usage.append([])
      t.strictSame(totals(await storage.usage.counters({ workspaceId, from, to })), {
        requests: 2n,
        priceNanoEuro: 20_000n,
      })
      t.equal((await storage.usage.events({ workspaceId, from, to }, 10)).length, 2)
    })

    await t.test('batches that overlap and race, in any order, count every event once', async t => {
      const workspaceId = randomUUID()
      const events = Array.from({ length: 200 }, (_, index) =>
        fixtures.usageEvent({
          workspaceId,
          clientId: `client ${index % 7}`,
          route: `GET /${index % 5}`,
          at: fixtures.later(index * 60),
          priceNanoEuro: index,
        }),
      )
      await race(20, (storage, racer) => {
        const batch = events.slice(racer * 5, racer * 5 + 105)
        return storage.usage.append(racer % 2 === 0 ? batch : batch.reverse())
      })
      t.equal((await storage.usage.events({ workspaceId, from, to }, 1000)).length, 200)
      t.strictSame(totals(await elsewhere.usage.counters({ workspaceId, from, to })), {
        requests: 200n,
        priceNanoEuro: BigInt((199 * 200) / 2),
      })
    })

    await t.test('totals may outgrow what a JavaScript number holds', async t => {
      const workspaceId = randomUUID()
      const dear = Number.MAX_SAFE_INTEGER
      await storage.usage.append(
        [1, 2, 3].map(() => fixtures.usageEvent({ workspaceId, priceNanoEuro: dear })),
      )
      const { priceNanoEuro } = totals(await elsewhere.usage.counters({ workspaceId, from, to }))
      t.equal(priceNanoEuro, BigInt(dear) * 3n)
      t.equal((await storage.usage.events({ workspaceId, from, to }, 1))[0]?.priceNanoEuro, dear)
    })

    await t.test('events of no domain are counted together, apart from those of a domain', async t => {
      const workspaceId = randomUUID()
      const event = (domainId: string | undefined) => fixtures.usageEvent({ workspaceId, domainId })
      const events = [event(undefined), event(undefined), event('dom_1')]
      await race(3, (storage, racer) => storage.usage.append([events[racer] ?? event('dom_2')]))
      await storage.usage.append([event(undefined)])
      const counters = await elsewhere.usage.counters({ workspaceId, from, to })
      t.strictSame(
        new Map(counters.map(({ domainId, requests }) => [domainId, requests])),
        new Map([
          [undefined, 3n],
          ['dom_1', 1n],
        ]),
      )
      t.equal(counters.length, 2)
      const stored = await elsewhere.usage.events({ workspaceId, from, to }, 10)
      t.equal(stored.filter(({ domainId }) => domainId === undefined).length, 3)
    })
  },
}
