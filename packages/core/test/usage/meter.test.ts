import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { logged } from '../../../../test/support/logged.ts'
import { plain } from '../../src/config/logger.ts'
import { StorageUnavailableError } from '../../src/errors.ts'
import type { UsageBatch } from '../../src/model/usage.ts'
import { NOW } from '../installation.ts'
import { entry, event, metering, WHOSE, WORKSPACE } from './metering.ts'

/** Something that happens when the test says so. */
function gate() {
  let open = () => {}
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  return { opened, open: () => open() }
}

t.test('an event is committed when record resolves', async t => {
  const { meter, events } = metering()
  await meter.record(event(1))
  t.strictSame(await events(), ['event-1'])
})

t.test('events that arrive together share one commit', async t => {
  const { meter, appends, counted } = metering()
  await Promise.all(Array.from({ length: 30 }, (_, number) => meter.record(event(number))))
  t.equal(appends(), 1)
  t.equal(await counted(), 30n)
})

t.test('events that arrive during a commit gather for the next, and wait for that one', async t => {
  const { meter, replace, appends, counted } = metering()
  const { opened, open } = gate()
  const sizes: number[] = []
  replace('usage.append', async (real, batch) => {
    sizes.push((batch as UsageBatch).events.length)
    if (sizes.length === 1) await opened
    return real(batch)
  })
  const first = meter.record(event(0))
  await wait(10)
  t.equal(appends(), 1)
  let settled = 0
  const others = Array.from({ length: 50 }, (_, number) =>
    meter.record(event(number + 1)).then(() => {
      settled++
    }),
  )
  await wait(10)
  t.equal(settled, 0)
  t.equal(appends(), 1, 'one commit at a time')
  open()
  await Promise.all([first, ...others])
  t.strictSame(sizes, [1, 32, 18])
  t.equal(await counted(), 51n)
})

t.test('a commit takes at most five thousand events', async t => {
  const { meter, replace, counted } = metering()
  const sizes: number[] = []
  replace('usage.append', (real, batch) => {
    sizes.push((batch as UsageBatch).events.length)
    return real(batch)
  })
  await Promise.all(Array.from({ length: 12_500 }, (_, number) => meter.record(event(number))))
  t.strictSame(sizes, [5000, 5000, 2500])
  t.equal(await counted(), 12_500n)
})

t.test('whoever is told may record at once, though nothing else happens', async t => {
  const { recordFor, events } = metering()
  const place = { workspace: WORKSPACE, place: { month: undefined, priceNanoEuro: 0, turn: 0 } }
  const failed = (error: unknown) => t.fail('The event was not written.', { error })
  await new Promise<void>(committed =>
    recordFor(event(1), place, {
      committed: () => recordFor(event(2), place, { committed, failed }),
      failed,
    }),
  )
  t.strictSame(await events(), ['event-1', 'event-2'])
})

t.test('who waits is written in two halves, so that one is answered while the other is written', async t => {
  const { meter, replace, events } = metering()
  const sizes: number[] = []
  const answered: string[] = []
  const together = (count: number, first: number) =>
    Promise.all(
      Array.from({ length: count }, (_, index) =>
        meter.record(event(first + index)).then(() => answered.push(`event-${first + index}`)),
      ),
    )
  replace('usage.append', async (real, batch) => {
    const written = (batch as UsageBatch).events
    sizes.push(written.length)
    const totals = await real(batch)
    // Nobody is told of what is not written yet.
    const known = new Set(await events())
    t.ok(answered.every(id => known.has(id)))
    return totals
  })
  await together(600, 0)
  t.strictSame(sizes.splice(0), [300, 300])
  await together(40, 600)
  t.strictSame(sizes.splice(0), [32, 8], 'what is small already is not divided')
  t.strictSame(
    answered,
    Array.from({ length: 640 }, (_, number) => `event-${number}`),
    'everybody, once, in order',
  )
  t.equal((await events()).length, 640)
})

t.test('where nobody waits, a batch is whole', async t => {
  const { meter, replace, counted } = metering({ commit: 'after-response' })
  const sizes: number[] = []
  replace('usage.append', (real, batch) => {
    sizes.push((batch as UsageBatch).events.length)
    return real(batch)
  })
  await Promise.all(Array.from({ length: 600 }, (_, number) => meter.record(event(number))))
  await meter.flush()
  t.strictSame(sizes, [600])
  t.equal(await counted(), 600n)
})

t.test('a commit that failed is tried again as it was', async t => {
  const { meter, replace, appends, log, counted } = metering()
  const tried: string[][] = []
  replace('usage.append', (real, batch) => {
    const { id, events } = batch as UsageBatch
    tried.push([id, ...events.map(({ requestId }) => requestId)])
    if (tried.length < 3) throw new Error('The connection was lost.')
    return real(batch)
  })
  await Promise.all([meter.record(event(1)), meter.record(event(2))])
  t.equal(appends(), 3)
  t.strictSame(tried, Array(3).fill([tried[0]?.[0], 'event-1', 'event-2']))
  t.equal(await counted(), 2n)
  t.strictSame(
    log.map(({ level }) => level),
    ['warn', 'warn'],
  )
})

t.test('a commit whose outcome was lost is repeated, and counts once', async t => {
  const { meter, replace, appends, counted, storage } = metering()
  let lost = 0
  replace('usage.append', async (real, batch) => {
    const totals = await real(batch)
    if (lost++ < 2) throw new Error('The connection was lost after the commit.')
    return totals
  })
  await Promise.all([meter.record(event(1)), meter.record(event(2))])
  t.equal(appends(), 3)
  t.equal(await counted(), 2n)
  const [counter] = await storage.usage.counters({ from: new Date(0), to: new Date('2100-01-01') })
  t.match(counter, { requests: 2n, unitPriceNanoEuro: 10 })
})

t.test('when every attempt failed, everybody who waits is told, and the reason is logged', async t => {
  const { meter, replace, restore, appends, log, events } = metering()
  const cause = new Error('The disk is full.')
  replace('usage.append', async () => {
    throw cause
  })
  const [one, other] = await Promise.allSettled([meter.record(event(1)), meter.record(event(2))])
  t.equal(appends(), 4)
  for (const outcome of [one, other])
    t.match(outcome, {
      status: 'rejected',
      reason: { name: 'StorageUnavailableError', code: 'storage_unavailable', cause },
    })
  t.match(log.at(-1), { level: 'error', fields: plain({ error: cause, events: 2 }) })

  restore('usage.append')
  await meter.record(event(3))
  t.strictSame(await events(), ['event-3'], 'the next request is metered again')
})

/** A storage with a row that it cannot take. */
function refusing(replace: ReturnType<typeof metering>['replace'], ...refused: number[]) {
  const ids = new Set(refused.map(number => `event-${number}`))
  const sizes: number[] = []
  replace('usage.append', async (real, batch) => {
    const { events } = batch as UsageBatch
    sizes.push(events.length)
    if (events.some(({ requestId }) => ids.has(requestId))) throw new Error('The text is not valid.')
    return real(batch)
  })
  return sizes
}

const numbered = (count: number) => Array.from({ length: count }, (_, number) => event(number))

t.test('an event that the storage does not take costs no other its own', async t => {
  const { meter, replace, events, counted, log } = metering()
  refusing(replace, 3, 20)
  const outcomes = await Promise.allSettled(numbered(30).map(given => meter.record(given)))
  const refused = outcomes.flatMap(({ status }, number) => (status === 'rejected' ? [number] : []))
  t.strictSame(refused, [3, 20])
  t.equal((await events()).length, 28)
  t.equal(await counted(), 28n)
  const lost = log.filter(({ level }) => level === 'error')
  t.strictSame(
    lost.map(({ fields: { events, requestId } }) => ({ events, requestId })),
    [
      { events: 1, requestId: 'event-3' },
      { events: 1, requestId: 'event-20' },
    ],
  )
})

t.test('nor where nobody waits for them', async t => {
  const { meter, replace, counted } = metering({ commit: 'after-response', whenUnavailable: 'queue' })
  refusing(replace, 0, 599)
  await Promise.all(numbered(600).map(given => meter.record(given)))
  await meter.flush()
  t.equal(await counted(), 598n)
})

t.test('the windows of a batch that is divided are written once', async t => {
  const { meter, replace, limiter, counted } = metering()
  const window = limiter.windows('rate', 'rate').find('cl_1', { requests: 100, windowSeconds: 60 })
  limiter.take([window])
  const used: number[] = []
  replace('usage.append', async (real, batch) => {
    const { events, windows } = batch as UsageBatch
    if (events.some(({ requestId }) => requestId === 'event-1')) throw new Error('The text is not valid.')
    used.push(...windows.map(({ used }) => used))
    return real(batch)
  })
  await Promise.allSettled(numbered(4).map(given => meter.record(given)))
  t.strictSame(used, [1])
  t.equal(await counted(), 3n)
})

t.test('where it takes none, it is not asked about each', async t => {
  const { meter, replace, log } = metering({ commit: 'after-response' })
  const sizes = refusing(replace, ...Array.from({ length: 1000 }, (_, number) => number))
  await Promise.all(numbered(1000).map(given => meter.record(given)))
  await meter.flush()
  t.ok(sizes.length < 120, `${sizes.length} attempts`)
  const lost = log.filter(({ level }) => level === 'error')
  t.ok(lost.length < 40, `${lost.length} lines`)
  t.equal(
    lost.reduce((sum, { fields }) => sum + Number(fields.events), 0),
    1000,
  )
})

t.test(
  'a batch whose earlier attempt may have been written is not divided: it would count twice',
  async t => {
    const { meter, replace, counted } = metering()
    let attempts = 0
    replace('usage.append', async (real, batch) => {
      const { events } = batch as UsageBatch
      if (events.length === 0) return real(batch)
      if (attempts++ > 0) throw new Error('Something else.')
      await real(batch)
      throw new StorageUnavailableError('The connection broke after the commit.')
    })
    await Promise.allSettled(numbered(2).map(given => meter.record(given)))
    t.equal(await counted(), 2n)
  },
)

t.test('when the storage goes away while a batch is divided, what is left waits for it', async t => {
  const { meter, replace, counted, unplug, plugIn } = metering({ whenUnavailable: 'queue' })
  let isUnplugged = false
  replace('usage.append', async (real, batch) => {
    const { events } = batch as UsageBatch
    if (events.some(({ requestId }) => requestId === 'event-7')) throw new Error('The text is not valid.')
    if (events.length === 0 && !isUnplugged) {
      isUnplugged = true
      unplug()
      throw new StorageUnavailableError('No PostgreSQL answers.')
    }
    return real(batch)
  })
  const outcomes = Promise.allSettled(numbered(10).map(given => meter.record(given)))
  await wait(500)
  t.ok(isUnplugged)
  plugIn()
  t.ok(
    (await outcomes).every(({ status }) => status === 'fulfilled'),
    'they are served meanwhile',
  )
  await meter.flush()
  t.equal(await counted(), 10n)
})

t.test('events that gathered behind a batch that failed are tried themselves', async t => {
  const { meter, replace, events } = metering()
  replace('usage.append', async (real, given) => {
    if ((given as UsageBatch).events.some(({ requestId }) => requestId === 'event-1')) throw new Error('No.')
    return real(given)
  })
  const first = meter.record(event(1))
  first.catch(() => {})
  await wait(20)
  await meter.record(event(2))
  await t.rejects(first, { code: 'storage_unavailable' })
  t.strictSame(await events(), ['event-2'])
})

t.test('while nothing happens, nothing is written', async t => {
  const { calls } = metering()
  await wait(1200)
  t.strictSame(calls, [])
})

t.test('closing writes what waits: events, refusals and uses of secrets', async t => {
  const { meter, storage, calls, counted } = metering()
  const recorded = Array.from({ length: 3 }, (_, number) => meter.record(event(number)))
  meter.note(entry(1))
  meter.touch('sec_1', NOW)
  await meter.close()
  t.equal(await counted(), 3n)
  t.equal((await logged(storage, WHOSE)).length, 1)
  t.ok(calls.includes('clients.touchSecrets'))
  await Promise.all(recorded)
})

t.test('closing waits for requests that end while it waits', async t => {
  const { meter, events } = metering()
  const chain = meter.record(event(1)).then(() => meter.record(event(2)))
  await meter.close()
  t.strictSame(await events(), ['event-1', 'event-2'])
  await chain
})

t.test('closing waits for a commit that is being retried', async t => {
  const { meter, replace, events } = metering()
  let failures = 0
  replace('usage.append', (real, given) => {
    if (failures++ === 0) throw new Error('Once.')
    return real(given)
  })
  const recorded = meter.record(event(1))
  await meter.close()
  t.strictSame(await events(), ['event-1'])
  await recorded
})

t.test('what the meter does is part of no request, whichever woke it', async t => {
  const requests = new AsyncLocalStorage<number>()
  const { meter, replace } = metering()
  const seen: (number | undefined)[] = []
  replace('usage.append', (real, batch) => {
    seen.push(requests.getStore())
    return real(batch)
  })
  for (let number = 1; number <= 3; number++)
    await requests.run(number, async () => {
      await meter.record(event(number))
      t.equal(requests.getStore(), number)
    })
  t.strictSame(seen, [undefined, undefined, undefined])
})
