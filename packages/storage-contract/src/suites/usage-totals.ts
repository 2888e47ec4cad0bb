import { randomUUID } from 'node:crypto'
import { type MeteredRequest, monthOf } from '@xwms/core'
import type { Suite } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

/** What comes back to the limiter of windows and months. */
export const usageTotals: Suite = {
  name: 'usage totals',
  async run(t, { storage, elsewhere }) {
    await t.test('a batch may be of windows alone, or of nothing', async t => {
      const window = fixtures.windowUse({ used: 2 })
      t.strictSame(await storage.usage.append(fixtures.usageBatch([])), { windows: [], months: [] })
      t.strictSame(await storage.usage.append(fixtures.usageBatch([], [window])), {
        windows: [2],
        months: [],
      })
    })

    await t.test('windows add up the slots that still count, for every process', async t => {
      const key = `rate:ключ 🔑 ${randomUUID()}`
      const slot = (second: number, since: number, used: number) =>
        fixtures.windowUse({
          key,
          start: fixtures.later(second),
          end: fixtures.later(second + 10),
          since: fixtures.later(since),
          used,
        })
      const append = (...windows: ReturnType<typeof slot>[]) =>
        storage.usage.append(fixtures.usageBatch([], windows))
      t.strictSame((await append(slot(0, -9, 3))).windows, [3])
      t.strictSame((await append(slot(1, -8, 1), slot(2, -7, 1))).windows, [5, 5])
      t.strictSame((await append(slot(2, 1, 1))).windows, [3], 'the slot of second 0 counts no more')
      t.strictSame((await append(slot(2, 2, 0))).windows, [2], 'nothing used is a question')
      t.strictSame((await append(slot(2, 2, 1), slot(2, 1, 1))).windows, [4, 5], 'one of which is told twice')
      const other = fixtures.windowUse()
      const asked = await elsewhere.usage.totals([other, { key, since: fixtures.later(2) }], [])
      t.strictSame(asked, { windows: [0, 4], months: [] })
    })

    await t.test('month totals are of live requests with a price, the lowest first', async t => {
      const [workspaceId, nobody] = [randomUUID(), randomUUID()]
      const request = (given: Partial<MeteredRequest>) => fixtures.meteredRequest({ workspaceId, ...given })
      const month = monthOf(fixtures.now)
      const next = fixtures.later(31 * 86_400)
      await storage.usage.append(fixtures.usageBatch([request({ priceNanoEuro: 50_000 })]))
      const { months } = await elsewhere.usage.append(
        fixtures.usageBatch([
          request({ priceNanoEuro: 9 }),
          request({ priceNanoEuro: 50_000, clientId: 'another' }),
          request({ priceNanoEuro: 0 }),
          request({ mode: 'test', priceNanoEuro: 9 }),
          request({ at: next, priceNanoEuro: 0 }),
        ]),
      )
      const lines = [
        { unitPriceNanoEuro: 9, requests: 1 },
        { unitPriceNanoEuro: 50_000, requests: 2 },
      ]
      const expected = [
        { workspaceId, month, lines },
        { workspaceId, month: monthOf(next), lines: [] },
      ]
      t.strictSame(
        [...months].sort((a, b) => a.month.getTime() - b.month.getTime()),
        expected,
      )
      const asked = [
        { workspaceId, month: monthOf(next) },
        { workspaceId: nobody, month },
        { workspaceId, month },
      ]
      t.strictSame(await storage.usage.totals([], asked), {
        windows: [],
        months: [expected[1], { workspaceId: nobody, month, lines: [] }, expected[0]],
      })
    })
  },
}
