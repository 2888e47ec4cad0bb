import fc from 'fast-check'
import t from 'tap'
import { isWithin } from '../../src/lib/rate-limit.ts'

t.test('a limit is within a ceiling when no window of the ceiling can hold more', async t => {
  const ceiling = { requests: 600, windowSeconds: 60 }
  const table: [requests: number, windowSeconds: number, within: boolean][] = [
    [600, 60, true],
    [601, 60, false],
    [10, 1, true],
    [11, 1, false],
    [600, 3600, true],
    // Ten a second on average, but all of them may come at once.
    [36_000, 3600, false],
    // Two such windows and a part of a third.
    [300, 25, false],
    [200, 25, true],
    [1, 86_400, true],
  ]
  for (const [requests, windowSeconds, within] of table)
    t.equal(isWithin({ requests, windowSeconds }, ceiling), within, `${requests}/${windowSeconds}s`)
})

t.test('a sliding ceiling takes sliding limits alone; a fixed one takes both', async t => {
  const limit = { requests: 1, windowSeconds: 60 }
  const ceiling = { requests: 600, windowSeconds: 60 }
  t.notOk(isWithin(limit, { ...ceiling, sliding: true }))
  t.ok(isWithin({ ...limit, sliding: true }, { ...ceiling, sliding: true }))
  t.ok(isWithin({ ...limit, sliding: true }, ceiling))
})

t.test('what is let through in a window of the ceiling is counted out', async t => {
  const limits = fc.record({
    requests: fc.integer({ min: 1, max: 50 }),
    windowSeconds: fc.integer({ min: 1, max: 50 }),
  })
  fc.assert(
    fc.property(limits, limits, (limit, ceiling) => {
      // The busiest way to use a limit that is within: everything at the beginning of each of its windows.
      if (!isWithin(limit, ceiling)) return true
      let admitted = 0
      for (let second = 0; second < ceiling.windowSeconds; second++)
        if (second % limit.windowSeconds === 0) admitted += limit.requests
      return admitted <= ceiling.requests
    }),
  )
  t.pass()
})
