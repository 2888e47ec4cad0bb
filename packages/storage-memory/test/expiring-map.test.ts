import { fixtures } from '@xwms/storage-contract'
import t from 'tap'
import { copy } from '../src/copy.ts'
import { ExpiringMap } from '../src/expiring-map.ts'

const { now, later } = fixtures

t.test('what ended is removed when asked, and its size levels off', async t => {
  const map = new ExpiringMap<Date>(expiresAt => expiresAt)
  let largest = 0
  for (let minute = 0; minute < 20_000; minute++) {
    map.set(String(minute), later(minute * 60 + 60))
    if (minute % 100 === 0) await map.removeBefore(later(minute * 60 - 3600))
    largest = Math.max(largest, map.size)
  }
  // An hour's worth of entries, and those that came since they were last looked through.
  t.ok(largest <= 60 + 100 + 1, `it never held more than ${largest}`)
  t.ok(map.get('19999'))
  t.equal(map.get('0'), undefined)
})

t.test('it says how many it removed, and what lives stays', async t => {
  const map = new ExpiringMap<Date>(expiresAt => expiresAt)
  for (let index = 0; index < 5000; index++) map.set(String(index), later(index % 2))
  map.set('at that time', later(0.5))
  t.equal(await map.removeBefore(later(0.5)), 2500)
  t.equal(map.size, 2501)
  t.equal(await map.removeBefore(later(0.5)), 0)
})

t.test('others get their turn while it removes, and can end it', async t => {
  const map = new ExpiringMap<Date>(expiresAt => expiresAt)
  for (let index = 0; index < 5000; index++) map.set(String(index), now)
  const end = new AbortController()
  const removing = map.removeBefore(later(1), end.signal)
  map.set('new', later(60))
  end.abort()
  t.equal(await removing, 1000)
  t.equal(map.size, 4001)
  t.ok(map.get('new'))
})

t.test('beyond so many entries each new one takes the place of the oldest', async t => {
  const map = new ExpiringMap<Date>(expiresAt => expiresAt, 3)
  const keys = () => [...'abcdefgh'].filter(key => map.get(key)).join('')
  for (const key of 'abc') map.set(key, now)
  map.set('a', later(1))
  t.equal(keys(), 'abc', 'one that is replaced keeps its place')
  map.set('d', now)
  t.equal(keys(), 'bcd')
  map.delete('c')
  map.set('e', now)
  map.set('f', now)
  t.equal(keys(), 'def')
  await map.removeBefore(now)
  for (const key of 'gh') map.set(key, now)
  t.equal(keys(), 'fgh')
})

t.test('a copy shares nothing that could be changed', async t => {
  const original = { at: now, list: [{ deep: 1 }], absent: undefined, empty: null }
  const other = copy(original)
  t.strictSame(other, original)
  t.not(other.at, original.at)
  t.not(other.list[0], original.list[0])
})
