import t from 'tap'
import { priceAt, unitPrice } from '../../../src/context/billing/unit-price.ts'
import type { Price } from '../../../src/model/price.ts'

const day = (text: string) => new Date(`${text}T00:00:00Z`)
const before = (date: Date) => new Date(date.getTime() - 1)

t.test('a price holds from the moment of its step until the next one', async t => {
  const steps: Price = [
    { nanoEuro: 10_000 },
    { nanoEuro: 0, from: day('2026-03-01') },
    { nanoEuro: 25_000, from: day('2026-09-01') },
  ]
  const late: Price = [{ nanoEuro: 7, from: day('2026-03-01') }]
  const table: [price: Price, at: Date, nanoEuro: number][] = [
    [10_000, day('1970-01-01'), 10_000],
    [steps, day('1970-01-01'), 10_000],
    [steps, before(day('2026-03-01')), 10_000],
    [steps, day('2026-03-01'), 0],
    [steps, before(day('2026-09-01')), 0],
    [steps, day('2026-09-01'), 25_000],
    [steps, day('2999-01-01'), 25_000],
    [late, before(day('2026-03-01')), 0],
    [late, day('2026-03-01'), 7],
  ]
  for (const [price, at, nanoEuro] of table) t.equal(priceAt(price, at), nanoEuro, at.toISOString())
})

t.test('nobody pays in test mode, nor for a failure of ours', async t => {
  const table: [mode: 'test' | 'live', status: number, nanoEuro: number][] = [
    ['live', 200, 10_000],
    ['live', 404, 10_000],
    ['live', 499, 10_000],
    ['live', 500, 0],
    ['live', 503, 0],
    ['test', 200, 0],
    ['test', 500, 0],
  ]
  for (const [mode, status, nanoEuro] of table)
    t.equal(unitPrice(10_000, mode, status, day('2026-01-01')), nanoEuro, `${mode} ${status}`)
})
