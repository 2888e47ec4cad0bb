import { mock } from 'node:test'
import t from 'tap'
import type { MonthCaps } from '../../../src/context/billing/month-caps.ts'
import { MonthUse } from '../../../src/context/metering/month-use.ts'

const MONTH = new Date('2026-05-01T00:00:00Z')
const NOW = new Date('2026-05-14T12:00:00.400Z').getTime()

/** A month with these requests in the ledger and these under way, each by their prices. */
function use(ledger: Record<number, number>, underWay: readonly number[] = []): MonthUse {
  const month = new MonthUse('ws_1', MONTH)
  const lines = Object.entries(ledger).map(([price, requests]) => ({
    unitPriceNanoEuro: Number(price),
    requests,
  }))
  month.learn({ lines })
  for (const price of underWay) month.begin(price, NOW)
  return month
}

t.test('the cost of a month takes the included requests off the dearest', async t => {
  const table: [ledger: Record<number, number>, underWay: number[], included: number, cost: bigint][] = [
    [{}, [], 0, 0n],
    [{ 10: 5 }, [], 0, 50n],
    [{ 10: 5 }, [], 5, 0n],
    [{ 10: 5 }, [], 4, 10n],
    [{ 10: 5, 100: 2 }, [], 2, 50n],
    [{ 10: 5, 100: 2 }, [], 3, 40n],
    [{ 10: 5, 100: 2 }, [100, 10], 3, 60n],
    [{ 10: 2 ** 40 }, [], 0, 10n * 2n ** 40n],
  ]
  for (const [ledger, underWay, included, cost] of table)
    t.equal(use(ledger, underWay).cost(included), cost, JSON.stringify([ledger, underWay, included]))
})

const caps = (requests?: number, spendNanoEuro?: number, includedRequests = 0): MonthCaps => ({
  includedRequests,
  requests,
  spendNanoEuro,
})

t.test('caps are kept to by what is in the ledger and what is under way together', async t => {
  const table: [use: MonthUse, caps: MonthCaps, price: number, broken: string | undefined][] = [
    [use({ 10: 4 }), caps(5), 10, undefined],
    [use({ 10: 4 }, [10]), caps(5), 10, 'requests'],
    [use({}), caps(0), 10, 'requests'],
    [use({ 10: 4 }), caps(undefined, 50), 10, undefined],
    [use({ 10: 4 }), caps(undefined, 49), 10, 'spend'],
    [use({ 10: 4 }, [10]), caps(undefined, 50), 10, 'spend'],
    [use({ 10: 4 }, [10]), caps(undefined, 0, 6), 10, undefined],
    [use({ 10: 4 }, [10, 10]), caps(undefined, 0, 6), 10, 'spend'],
    [use({ 10: 4 }), caps(4, 50), 10, 'requests'],
  ]
  for (const [month, given, price, broken] of table) t.equal(month.brokenCap(given, price), broken)
})

t.test('a request that ended is under way no more', async t => {
  const month = use({})
  const [first, second, third] = [10, 10, 100].map(price => month.begin(price, NOW)) as [
    number,
    number,
    number,
  ]
  t.equal(month.requests, 3)
  t.notOk(month.isIdle)
  month.end(10, first)
  month.end(100, third)
  t.equal(month.cost(0), 10n)
  month.end(10, second)
  t.equal(month.requests, 0)
  t.ok(month.isIdle)
})

t.test('turns may be out for a twentieth of what is left, and at least eight', async t => {
  const cases: [given: MonthCaps, ledger: Record<number, number>, price: number, most: number][] = [
    [caps(0), {}, 10, 8],
    [caps(160), {}, 10, 8],
    [caps(1000), {}, 10, 50],
    [caps(1000), { 10: 500 }, 10, 25],
    [caps(1000), { 10: 990 }, 10, 8],
    [caps(undefined, 10_000), {}, 10, 50],
    [caps(undefined, 10_000), { 10: 500 }, 10, 25],
    [caps(undefined, 10_000, 1000), { 10: 500 }, 10, 75],
    [caps(300, 10_000), {}, 10, 15],
  ]
  for (const [given, ledger, price, most] of cases) {
    const month = use(ledger, Array(most - 1).fill(price))
    t.ok(month.hasTurn(given, price, NOW), `${most} of ${JSON.stringify(given)}`)
    month.begin(price, NOW)
    t.notOk(month.hasTurn(given, price, NOW))
  }
})

t.test('requests that stay open outlast their turns, and use up the cap all the same', async t => {
  const month = use({})
  const given = caps(18)
  for (const now of [NOW, NOW + 5000]) {
    const turns = Array.from({ length: 8 }, () => month.begin(10, now))
    t.notOk(month.hasTurn(given, 10, now + 3000))
    t.ok(month.hasTurn(given, 10, now + 5000))
    t.equal(turns.length, 8)
  }
  t.equal(month.requests, 16)
  t.equal(month.brokenCap(given, 10), undefined)
  month.begin(10, NOW + 10_000)
  month.begin(10, NOW + 10_000)
  t.equal(month.brokenCap(given, 10), 'requests')
  t.notOk(month.isIdle)
})

t.test(
  'who waits is told after a second that turns may have come back; without anybody there is no timer',
  async t => {
    mock.timers.enable({ apis: ['setTimeout'] })
    t.teardown(() => mock.timers.reset())
    const month = use({}, Array(8).fill(10))
    let told = 0
    const wait = () => month.told().then(() => told++)
    const pass = async (ms: number) => {
      mock.timers.tick(ms)
      await new Promise(setImmediate)
      return told
    }
    wait()
    wait()
    t.equal(await pass(999), 0)
    t.equal(await pass(1), 2)
    t.equal(await pass(5000), 2)
    t.notOk(month.isAwaited)

    wait()
    await pass(900)
    month.learn({ lines: [] })
    t.equal(await pass(0), 3)
    wait()
    t.equal(await pass(900), 3, 'the timer was of those before')
    t.equal(await pass(100), 4)

    const unknown = new MonthUse('ws_1', MONTH)
    unknown.told().then(() => told++)
    t.equal(await pass(10_000), 4, 'who waits for the storage is told by what it answers')
    unknown.learn({ lines: [] })
    t.equal(await pass(0), 5)
  },
)
