import t from 'tap'
import { formatMonth, monthAfter, monthOf, parseMonth } from '../../src/lib/month.ts'

t.test('a month begins at midnight UTC, whatever the time zone of the machine', async t => {
  const table: [time: string, month: string, after: string][] = [
    ['2026-10-01T00:00:00.000Z', '2026-10', '2026-11'],
    ['2026-10-31T23:59:59.999Z', '2026-10', '2026-11'],
    ['2026-12-31T23:59:59.999Z', '2026-12', '2027-01'],
    ['2028-02-29T12:00:00.000Z', '2028-02', '2028-03'],
  ]
  for (const [time, month, after] of table) {
    const first = monthOf(new Date(time))
    t.equal(first.toISOString(), `${month}-01T00:00:00.000Z`)
    t.equal(formatMonth(first), month)
    t.equal(formatMonth(monthAfter(first)), after)
    t.strictSame(parseMonth(month), first)
  }
})

t.test('what is no month is none', async t => {
  for (const text of [
    '',
    '2026',
    '2026-00',
    '2026-13',
    '2026-1',
    '26-01',
    '2026-01-01',
    ' 2026-01',
    '2026-01\n',
  ])
    t.equal(parseMonth(text), undefined, JSON.stringify(text))
})
