import { randomUUID } from 'node:crypto'
import { type MeteredRequest, monthOf, type UsageCounter, usageEventId } from '@xwms/core'
import type { Suite } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const from = new Date('2026-01-01T00:00:00Z')
const to = new Date('2027-01-01T00:00:00Z')

function sum(counters: readonly UsageCounter[]) {
  return {
    requests: counters.reduce((sum, { requests }) => sum + requests, 0n),
    cost: counters.reduce(
      (sum, { requests, unitPriceNanoEuro }) => sum + requests * BigInt(unitPriceNanoEuro),
      0n,
    ),
  }
}

export const usage: Suite = {
  name: 'usage',
  async run(t, { storage, elsewhere, race }) {
    await t.test('events come back as they went in, oldest first, at most so many', async t => {
      const workspaceId = randomUUID()
      const requests = [
        fixtures.meteredRequest({ workspaceId, at: fixtures.later(2), durationMs: 0 }),
        fixtures.meteredRequest({
          workspaceId,
          at: fixtures.later(1),
          mode: 'test',
          priceNanoEuro: 0,
          status: 999,
        }),
        fixtures.meteredRequest({
          workspaceId,
          sub: '9007199254740991',
          route: 'GET /größe/{id}',
          clientId: 'a "{client},\\ \'',
          domainId: undefined,
          requestId: '雅 NULL',
        }),
      ]
      const batch = fixtures.usageBatch(requests)
      await storage.usage.append(batch)
      const events = requests
        .map(({ caller, ...request }, position) => ({
          ...request,
          id: usageEventId(batch.id, position),
          month: monthOf(request.at),
        }))
        .reverse()
      t.strictSame(await elsewhere.usage.events({ workspaceId, from, to }, 10), events)
      t.strictSame(await elsewhere.usage.events({ workspaceId, from, to }, 2), events.slice(0, 2))
    })

    await t.test(
      'counters add up what shares hour, client, domain, route, mode, status class and price',
      async t => {
        const workspaceId = randomUUID()
        const hour = new Date('2026-05-31T23:00:00Z')
        const request = (given: Partial<MeteredRequest>) =>
          fixtures.meteredRequest({ workspaceId, at: hour, ...given })
        await storage.usage.append(
          fixtures.usageBatch([
            request({ at: new Date('2026-06-01T00:00:00Z') }),
            request({ at: new Date('2026-05-31T23:59:59.999Z'), status: 204, priceNanoEuro: 5 }),
            request({}),
            request({ status: 404 }),
            request({ mode: 'test', priceNanoEuro: 0 }),
            request({ status: 201 }),
          ]),
        )
        const [may, june] = [new Date('2026-05-01T00:00:00Z'), new Date('2026-06-01T00:00:00Z')]
        const { clientId, domainId, route } = request({})
        const common = { workspaceId, clientId, domainId, route, month: may }
        const live = { ...common, mode: 'live' } as const
        const counters = await elsewhere.usage.counters({ workspaceId, from, to })
        t.strictSame(counters, [
          { ...live, hour, statusClass: 2, unitPriceNanoEuro: 5, requests: 1n },
          { ...live, hour, statusClass: 2, unitPriceNanoEuro: 10_000, requests: 2n },
          { ...live, hour, statusClass: 4, unitPriceNanoEuro: 10_000, requests: 1n },
          { ...common, hour, mode: 'test', statusClass: 2, unitPriceNanoEuro: 0, requests: 1n },
          { ...live, hour: june, month: june, statusClass: 2, unitPriceNanoEuro: 10_000, requests: 1n },
        ])
        t.strictSame(
          await storage.usage.counters({ workspaceId, month: may, from, to }),
          counters.slice(0, 4),
        )
        t.strictSame(await storage.usage.counters({ workspaceId, month: june, from, to }), counters.slice(4))
      },
    )

    await t.test(
      'a query takes the beginning, leaves the end, and narrows by workspace and client',
      async t => {
        const [workspaceId, clientId] = [randomUUID(), randomUUID()]
        const hours = ['2026-07-01T10:00:00Z', '2026-07-01T11:00:00Z'].map(text => new Date(text))
        const [first, second] = hours as [Date, Date]
        await storage.usage.append(
          fixtures.usageBatch([
            fixtures.meteredRequest({ workspaceId, clientId, at: first }),
            fixtures.meteredRequest({ workspaceId, clientId: 'another', at: first }),
            fixtures.meteredRequest({ workspaceId, clientId, at: second }),
            fixtures.meteredRequest({ workspaceId: 'another', clientId: 'another', at: first }),
          ]),
        )
        const requests = async (query: { workspaceId?: string; clientId?: string; from: Date; to: Date }) => {
          const events = await storage.usage.events(query, 100)
          t.equal(Number(sum(await storage.usage.counters(query)).requests), events.length)
          return events.length
        }
        t.equal(await requests({ workspaceId, from: first, to: second }), 2)
        t.equal(await requests({ workspaceId, clientId, from: first, to: second }), 1)
        t.equal(await requests({ clientId, from: first, to }), 2)
        t.equal(await requests({ workspaceId: 'nobody', from, to }), 0)
        t.equal(await requests({ from: first, to: second }), 3)
      },
    )

    await t.test(
      'a batch that is written again, one after the other or at once, changes nothing',
      async t => {
        const workspaceId = randomUUID()
        const window = fixtures.windowUse({ used: 7 })
        const batch = fixtures.usageBatch(
          Array.from({ length: 50 }, (_, index) =>
            fixtures.meteredRequest({ workspaceId, status: 200 + index }),
          ),
          [window],
        )
        const answers = await race(6, storage => storage.usage.append(batch))
        answers.push(await elsewhere.usage.append(batch))
        for (const answer of answers)
          t.strictSame(answer, {
            windows: [7],
            months: [
              {
                workspaceId,
                month: monthOf(fixtures.now),
                lines: [{ unitPriceNanoEuro: 10_000, requests: 50 }],
              },
            ],
          })
        t.strictSame(sum(await storage.usage.counters({ workspaceId, from, to })), {
          requests: 50n,
          cost: 500_000n,
        })
        t.equal((await storage.usage.events({ workspaceId, from, to }, 100)).length, 50)
      },
    )

    await t.test('batches that meet in counters, months and windows, in any order, lose nothing', async t => {
      const [one, two] = [randomUUID(), randomUUID()]
      const windows = ['a', 'b', 'c'].map(name => fixtures.windowUse({ key: `${name} ${one}` }))
      await race(20, (storage, racer) => {
        const events = Array.from({ length: 100 }, (_, index) =>
          fixtures.meteredRequest({
            workspaceId: index % 2 === 0 ? one : two,
            clientId: `client ${index % 7}`,
            route: `GET /${index % 5}`,
            at: fixtures.later(index * 60),
            priceNanoEuro: index,
          }),
        )
        const turned = racer % 2 === 0
        return storage.usage.append(
          fixtures.usageBatch(turned ? events : events.reverse(), turned ? windows : [...windows].reverse()),
        )
      })
      const counters = [
        ...(await elsewhere.usage.counters({ workspaceId: one, from, to })),
        ...(await elsewhere.usage.counters({ workspaceId: two, from, to })),
      ]
      t.strictSame(sum(counters), { requests: 2000n, cost: BigInt((20 * (99 * 100)) / 2) })
      t.equal((await storage.usage.events({ workspaceId: one, from, to }, 5000)).length, 1000)
      const totals = await elsewhere.usage.totals(windows, [
        { workspaceId: one, month: monthOf(fixtures.now) },
      ])
      t.strictSame(totals.windows, [20, 20, 20])
      t.equal(totals.months[0]?.lines.length, 49, 'what is free is not billable')
      t.ok(totals.months[0]?.lines.every(({ requests }) => requests === 20))
    })

    await t.test('totals may outgrow what a JavaScript number holds', async t => {
      const workspaceId = randomUUID()
      const dear = Number.MAX_SAFE_INTEGER
      await storage.usage.append(
        fixtures.usageBatch(
          [1, 2, 3].map(() => fixtures.meteredRequest({ workspaceId, priceNanoEuro: dear })),
        ),
      )
      t.equal(sum(await elsewhere.usage.counters({ workspaceId, from, to })).cost, BigInt(dear) * 3n)
      t.equal((await storage.usage.events({ workspaceId, from, to }, 1))[0]?.priceNanoEuro, dear)
    })

    await t.test('events of no domain are counted together, apart from those of a domain', async t => {
      const workspaceId = randomUUID()
      const request = (domainId: string | undefined) => fixtures.meteredRequest({ workspaceId, domainId })
      const requests = [request(undefined), request(undefined), request('dom_1')]
      await race(3, (storage, racer) =>
        storage.usage.append(fixtures.usageBatch(requests.slice(racer, racer + 1))),
      )
      await storage.usage.append(fixtures.usageBatch([request(undefined)]))
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

    await t.test('the longest texts that are kept, of the widest characters', async t => {
      const workspaceId = randomUUID()
      const text = '\u20ac'.repeat(512)
      const request = { workspaceId, route: text, sub: text, caller: { ip: '203.0.113.1', userAgent: text } }
      await storage.usage.append(fixtures.usageBatch([fixtures.meteredRequest(request)]))
      t.match(await elsewhere.usage.events({ workspaceId, from, to }, 10), [{ route: text, sub: text }])
      t.match(await elsewhere.usage.counters({ workspaceId, from, to }), [{ route: text, requests: 1n }])
      t.match(await elsewhere.requestLog.search({ workspaceId, from, to, limit: 10 }), [
        { route: text, userAgent: text },
      ])
    })
  },
}
