import t from 'tap'
import { slotsOf } from '../../../src/context/metering/slots.ts'
import { unwrittenBound, Window } from '../../../src/context/metering/window.ts'
import type { RateLimit } from '../../../src/model/plan.ts'
import type { WindowUse } from '../../../src/model/usage.ts'

/** A Thursday at noon, in milliseconds; the beginning of a minute and of an hour, not of a day. */
const NOON = Date.UTC(2026, 4, 14, 12)

t.test('how windows are divided', async t => {
  const table: [limit: RateLimit, lengthMs: number, count: number][] = [
    [{ requests: 1, windowSeconds: 1 }, 1000, 1],
    [{ requests: 1, windowSeconds: 86_400 }, 86_400_000, 1],
    [{ requests: 1, windowSeconds: 60, sliding: true }, 1000, 61],
    [{ requests: 1, windowSeconds: 86_400, sliding: true }, 1_440_000, 61],
    // 16.67 ms do not divide; 59 slots of 17 ms are 1003.
    [{ requests: 1, windowSeconds: 1, sliding: true }, 17, 60],
    [{ requests: 1, windowSeconds: 7, sliding: true }, 117, 61],
  ]
  for (const [limit, lengthMs, count] of table)
    t.strictSame(slotsOf(limit), { lengthMs, count }, JSON.stringify(limit))
})

t.test('the slots of a sliding window always cover it, for every length', async t => {
  for (let windowSeconds = 1; windowSeconds <= 86_400; windowSeconds += windowSeconds < 120 ? 1 : 997) {
    const { lengthMs, count } = slotsOf({ requests: 1, windowSeconds, sliding: true })
    if ((count - 1) * lengthMs < windowSeconds * 1000) t.fail(`${windowSeconds} s`)
  }
})

t.test('how many admissions may be unwritten', async t => {
  const table: [requests: number, bound: number][] = [
    [1, 1],
    [20, 1],
    [39, 1],
    [40, 2],
    [600, 30],
    [1_000_000, 50_000],
  ]
  for (const [requests, bound] of table)
    t.equal(unwrittenBound({ requests, windowSeconds: 60 }), bound, String(requests))
})

/** The storage: the use of one key by slot, of all processes. */
function ledger() {
  const slots = new Map<number, number>()
  const add = ({ start, used }: Pick<WindowUse, 'start' | 'used'>) =>
    slots.set(start.getTime(), (slots.get(start.getTime()) ?? 0) + used)
  const total = (since: Date) =>
    [...slots].reduce((sum, [start, used]) => sum + (start >= since.getTime() ? used : 0), 0)
  return {
    add,
    total,
    /** Writes what a window has to tell, and tells it the total. */
    sync(window: Window, now: number) {
      const uses = window.send(now)
      for (const use of uses) add(use)
      const last = uses.at(-1)
      if (last) window.learn(total(last.since))
      return uses
    },
    answer(window: Window, now: number) {
      window.learn(total(window.ask(now).since))
    },
  }
}

/** Takes as many as there is room for, writing whenever that has to be. */
function takeAll(window: Window, now: number, storage = ledger()): number {
  for (let taken = 0; ; ) {
    const room = window.room(now)
    if (room === 'full') return taken
    if (room === 'unknown') storage.answer(window, now)
    else if (room === 'unwritten') storage.sync(window, now)
    else {
      window.take()
      taken++
    }
  }
}

t.test('one process admits exactly the limit, in fixed and in sliding windows of every length', async t => {
  for (const sliding of [false, true]) {
    for (const windowSeconds of [1, 7, 60, 3600, 86_400]) {
      for (const requests of [1, 3, 40, 1000]) {
        const window = new Window('key', 'rate', { requests, windowSeconds, sliding })
        const storage = ledger()
        const name = JSON.stringify({ sliding, windowSeconds, requests })
        t.equal(takeAll(window, NOON, storage), requests, name)
        const again = NOON + window.waitMs(NOON)
        t.ok(again > NOON && again <= NOON + windowSeconds * 1000 * (1 + 2 / 60) + 20, `${name}: when`)
        t.equal(window.room(again - 1), 'full', `${name}: not before`)
        t.equal(takeAll(window, again, storage), requests, `${name}: all of it is free again`)
      }
    }
  }
})

t.test('no interval of a sliding window’s length ever holds more than the limit', async t => {
  for (const windowSeconds of [1, 60, 3600]) {
    const requests = 50
    const window = new Window('key', 'rate', { requests, windowSeconds, sliding: true })
    const storage = ledger()
    const admitted: number[] = []
    const step = (windowSeconds * 1000) / 173
    for (let now = NOON; now < NOON + windowSeconds * 5000; now += step) {
      if (window.room(now) === 'unknown') storage.answer(window, now)
      if (window.room(now) === 'unwritten') storage.sync(window, now)
      if (window.room(now) !== 'room') continue
      window.take()
      admitted.push(now)
    }
    t.ok(admitted.length > requests * 4, 'a steady caller gets nearly all of it')
    for (const [index, first] of admitted.entries()) {
      const beyond = admitted[index + requests]
      if (beyond !== undefined && beyond - first < windowSeconds * 1000)
        t.fail(`${requests + 1} requests in ${beyond - first} ms of ${windowSeconds} s`)
    }
  }
})

t.test('a fixed window begins anew at its end, whatever was used', async t => {
  const window = new Window('key', 'rate', { requests: 2, windowSeconds: 60 })
  const storage = ledger()
  t.equal(takeAll(window, NOON + 59_999, storage), 2)
  t.equal(window.waitMs(NOON + 59_999), 1)
  t.equal(takeAll(window, NOON + 60_000, storage), 2)
  t.equal(window.waitMs(NOON + 60_000), 60_000)
})

t.test('what a process did before it was started anew counts', async t => {
  for (const sliding of [false, true]) {
    const limit = { requests: 10, windowSeconds: 60, sliding }
    const storage = ledger()
    const before = new Window('key', 'rate', limit)
    storage.answer(before, NOON)
    for (let request = 0; request < 7; request++) before.take()
    storage.sync(before, NOON)
    const after = new Window('key', 'rate', limit)
    t.equal(after.room(NOON + 1000), 'unknown', 'it asks first')
    t.equal(takeAll(after, NOON + 1000, storage), 3)
  }
})

t.test('what others used is asked again once it may have left a sliding window', async t => {
  const storage = ledger()
  storage.add({ start: new Date(NOON), used: 10 })
  const window = new Window('key', 'rate', { requests: 10, windowSeconds: 60, sliding: true })
  t.equal(takeAll(window, NOON, storage), 0)
  t.equal(window.room(NOON + 999), 'full', 'but not more than once in a slot')
  t.equal(window.room(NOON + 1000), 'unknown')
  t.equal(takeAll(window, NOON + 1000, storage), 0)
  t.equal(takeAll(window, NOON + 61_000, storage), 10)
})

t.test('several processes overshoot by no more than the bound, whoever is slow to write', async t => {
  for (const sliding of [false, true]) {
    for (const processes of [2, 4, 8]) {
      const limit = { requests: 200, windowSeconds: 60, sliding }
      const storage = ledger()
      const windows = Array.from({ length: processes }, () => new Window('key', 'rate', limit))
      for (const window of windows) storage.answer(window, NOON)
      let admitted = 0
      // Each takes as many as it may without writing, one after the other and round after round, the laziest first.
      for (let progress = true; progress; ) {
        progress = false
        for (const window of windows) {
          while (window.room(NOON) === 'room') {
            window.take()
            admitted++
            progress = true
          }
        }
        const [busy, ...others] = windows as [Window, ...Window[]]
        storage.sync(busy, NOON)
        if (!progress) for (const window of others) if (storage.sync(window, NOON).length > 0) progress = true
      }
      const bound = (processes - 1) * unwrittenBound(limit)
      t.ok(admitted >= 200 && admitted <= 200 + bound, `${processes}: ${admitted} of at most ${200 + bound}`)
    }
  }
})

t.test('a clock that goes back frees nothing', async t => {
  const window = new Window('key', 'rate', { requests: 2, windowSeconds: 1 })
  const storage = ledger()
  t.equal(takeAll(window, NOON, storage), 2)
  t.equal(takeAll(window, NOON - 5000, storage), 0)
})

t.test('what is written says in which slot, and from when on slots count', async t => {
  const window = new Window('key', 'rate', { requests: 100, windowSeconds: 60, sliding: true })
  ledger().answer(window, NOON)
  window.take()
  t.equal(window.room(NOON + 1500), 'room')
  window.take()
  window.take()
  const at = (seconds: number) => new Date(NOON + seconds * 1000)
  t.strictSame(window.send(NOON + 1500), [
    { key: 'key', start: at(0), end: at(61), since: at(-59), used: 1 },
    { key: 'key', start: at(1), end: at(62), since: at(-59), used: 2 },
  ])
  t.strictSame(window.send(NOON + 1500), [], 'once')
})

t.test('a changed limit holds at once, over what was counted', async t => {
  const window = new Window('key', 'rate', { requests: 5, windowSeconds: 60 })
  const storage = ledger()
  t.equal(takeAll(window, NOON, storage), 5)
  window.limit = { requests: 8, windowSeconds: 60 }
  t.equal(takeAll(window, NOON, storage), 3)
  window.limit = { requests: 2, windowSeconds: 60 }
  t.equal(window.room(NOON), 'full')
  t.equal(window.remaining, 0)
})

t.test('a batch that was given up counts in this process all the same', async t => {
  const window = new Window('key', 'rate', { requests: 40, windowSeconds: 60 })
  const storage = ledger()
  storage.answer(window, NOON)
  window.take()
  window.take()
  t.equal(window.room(NOON), 'unwritten')
  window.send(NOON)
  window.abandon()
  t.equal(window.room(NOON), 'room')
  t.equal(takeAll(window, NOON, storage), 38)
})
