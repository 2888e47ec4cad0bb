import { fixtures } from '@xwms/storage-contract'
import t from 'tap'
import { copy } from '../src/copy.ts'
import { ExpiringMap } from '../src/expiring-map.ts'
import { memory } from '../src/index.ts'

const { now, later } = fixtures
const DAY = 86_400

t.test('a map forgets what expired a day ago, and its size levels off', async t => {
  const map = new ExpiringMap<Date>(expiresAt => expiresAt)
  let largest = 0
  for (let minute = 0; minute < 20_000; minute++) {
    map.set(String(minute), later(minute * 60 + 60), later(minute * 60))
    largest = Math.max(largest, map.size)
  }
  // A day's worth of entries is alive or remembered at any time; the looks find the others in as many insertions.
  t.ok(largest < 3000, `it never held more than ${largest}`)
  t.ok(map.get('19999'))
  t.equal(map.get('0'), undefined)
})

t.test('what lives long does not keep the others from going', async t => {
  const map = new ExpiringMap<Date>(expiresAt => expiresAt)
  for (let index = 0; index < 10; index++) map.set(`long ${index}`, later(1000 * DAY), now)
  for (let index = 0; index < 100; index++) map.set(`short ${index}`, later(1), now)
  for (let index = 0; index < 110; index++) map.set(`new ${index}`, later(3 * DAY), later(2 * DAY))
  t.equal([...map.values()].filter(expiresAt => expiresAt.getTime() === later(1).getTime()).length, 0)
  t.ok(map.get('long 0'))
})

t.test('windows of limits that ended go', async t => {
  const { limits } = memory()
  for (let second = 0; second < 10; second++) {
    const window = { windowStart: later(second * DAY), windowEnd: later(second * DAY + 1) }
    t.strictSame(await limits.admit([{ key: 'rate', limit: 1, ...window }]), { admitted: true, used: [1] })
  }
  const first = { windowStart: now, windowEnd: later(1) }
  t.strictSame(await limits.admit([{ key: 'rate', limit: 1, ...first }]), { admitted: true, used: [1] })
})

t.test('a copy shares nothing that could be changed', async t => {
  const original = { at: now, list: [{ deep: 1 }], absent: undefined, empty: null }
  const other = copy(original)
  t.strictSame(other, original)
  t.not(other.at, original.at)
  t.not(other.list[0], original.list[0])
})
