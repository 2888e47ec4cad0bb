import t from 'tap'
import { isWholeHour, parseTime } from '../../src/lib/time.ts'

t.test('a day and a time are read, and what is neither is not', async t => {
  const table: [text: string, time: string | undefined][] = [
    ['2026-01-31', '2026-01-31T00:00:00.000Z'],
    ['2026-01-31T13:00Z', '2026-01-31T13:00:00.000Z'],
    ['2026-01-31T13:00:05Z', '2026-01-31T13:00:05.000Z'],
    ['2026-01-31T13:00:05.25+02:00', '2026-01-31T11:00:05.250Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['2026-02-29', undefined],
    ['2026-02-31T00:00Z', undefined],
    ['2026-13-01', undefined],
    ['2026-01-31T25:00Z', undefined],
    ['2026-01-31T13:00', undefined],
    ['2026-01-31 13:00Z', undefined],
    ['31.01.2026', undefined],
    ['1767225600000', undefined],
    ['yesterday', undefined],
    ['+012026-01-31', undefined],
    ['', undefined],
  ]
  for (const [text, time] of table) t.equal(parseTime(text)?.toISOString(), time, text)
})

t.test('an hour is whole in UTC', async t => {
  for (const [text, whole] of [
    ['2026-01-31', true],
    ['2026-01-31T13:00Z', true],
    ['2026-01-31T13:00+05:30', false],
    ['2026-01-31T13:00:00.001Z', false],
  ] as const)
    t.equal(isWholeHour(parseTime(text) as Date), whole, text)
})
