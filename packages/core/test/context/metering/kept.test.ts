import t from 'tap'
import { Kept } from '../../../src/context/metering/kept.ts'
import { Windows } from '../../../src/context/metering/windows.ts'

const LIMIT = { requests: 10, windowSeconds: 60 }

t.test('the least recently used goes first', async t => {
  const kept = new Kept<{ isIdle: boolean }>(2)
  kept.set('a', { isIdle: true })
  kept.set('b', { isIdle: true })
  kept.get('a')
  kept.set('c', { isIdle: true })
  t.ok(kept.get('a') && kept.get('c'))
  t.equal(kept.get('b'), undefined)
  t.equal(kept.size, 2)
})

t.test('what is busy stays until its work is done', async t => {
  const kept = new Kept<{ isIdle: boolean }>(1)
  const busy = { isIdle: false }
  kept.set('busy', busy)
  kept.set('other', { isIdle: true })
  t.equal(kept.get('busy'), busy)
  t.equal(kept.size, 2)
  busy.isIdle = true
  kept.set('third', { isIdle: true })
  t.equal(kept.get('busy'), undefined)
  t.equal(kept.size, 1)
})

t.test('memory stays bounded however many callers come', async t => {
  const windows = new Windows('ip', 'ip-60', 100)
  for (let number = 0; number < 10_000; number++) windows.find(`192.0.2.${number}`, LIMIT)
  t.equal(windows.size, 100)
})

t.test('a limit over other slots is another count, and one over the same is not', async t => {
  const windows = new Windows('rate', 'rate')
  const window = windows.find('cl_1', LIMIT)
  t.equal(window.key, 'rate:60:cl_1')
  t.equal(windows.find('cl_1', { ...LIMIT, requests: 20 }), window)
  t.equal(window.limit.requests, 20)
  t.equal(windows.find('cl_1', { requests: 20, windowSeconds: 60, sliding: true }).key, 'rate:60~:cl_1')
  t.equal(windows.find('cl_1', { requests: 20, windowSeconds: 1 }).key, 'rate:1:cl_1')
  t.equal(windows.find('cl_1', LIMIT), window, 'and who comes back to the first finds it again')
})
