import { mock } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { until } from '../../../../test/support/eventually.ts'
import { KeyUnavailableError, StorageUnavailableError } from '../../src/errors.ts'
import type { UsageBatch } from '../../src/model/usage.ts'
import { gate } from '../header-auth/gate.ts'
import { metered } from '../metered.ts'
import { event, metering, WORKSPACE } from './metering.ts'

const LIMIT = { requests: 100, windowSeconds: 60 }

const names = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `event-${from + index}`)

/** Does something without waiting for the pauses in it: the clock's hand is moved as soon as nothing else is left to do. */
async function inNoTime(work: () => Promise<void>): Promise<void> {
  mock.timers.enable({ apis: ['setTimeout'] })
  let isDone = false
  try {
    const done = work().finally(() => {
      isDone = true
    })
    while (!isDone) {
      await new Promise(resolve => setImmediate(resolve))
      mock.timers.tick(50)
    }
    await done
  } finally {
    mock.timers.reset()
  }
}

t.test('refuse: once the storage is known to be away, nobody is let in until it is back', async t => {
  const { meter, outage, unplug, plugIn, now, events } = metering({ whenUnavailable: 'refuse' })
  outage.check(now().getTime())
  unplug()
  const waiting = meter.record(event(1))
  waiting.catch(() => {})
  await until(() => outage.isOn)
  t.throws(() => outage.check(now().getTime()), { code: 'storage_unavailable' })
  await t.rejects(waiting, { code: 'storage_unavailable' })
  // One that was admitted before and ends now.
  await t.rejects(meter.record(event(2)), { code: 'storage_unavailable' })
  plugIn()
  await until(() => !outage.isOn)
  outage.check(now().getTime())
  await meter.record(event(3))
  t.strictSame(await events(), ['event-3'], 'what was answered with 503 is not billed')
})

t.test(
  'one commit whose connection is cut is no outage: nobody is refused, and nothing is lost or doubled',
  async t => {
    for (const options of [
      { whenUnavailable: 'refuse' },
      { whenUnavailable: 'queue' },
      { whenUnavailable: 'admit' },
      { commit: 'after-response' },
    ] as const) {
      const name = Object.values(options)[0]
      const { meter, outage, replace, now, counted, log, appends } = metering(options)
      const ids = new Set<string>()
      let answered = 0
      replace('usage.append', async (real, batch) => {
        ids.add((batch as UsageBatch).id)
        const totals = await real(batch)
        // What was written, and of which nobody heard, as well as what was not.
        if (ids.size === 1 && answered++ === 0) throw new StorageUnavailableError('The connection broke.')
        t.notOk(outage.isOn, name)
        outage.check(now().getTime())
        return totals
      })
      await Promise.all([meter.record(event(1)), meter.record(event(2))])
      await meter.record(event(3))
      await meter.flush()
      t.equal(await counted(), 3n, name)
      t.equal(appends(), ids.size + 1, 'repeated as it was, once')
      t.strictSame(log, [], 'and nobody is alarmed')
    }
  },
)

t.test('with many responses held back, the first failure counts as an outage', async t => {
  const { meter, outage, unplug, plugIn, appends, counted } = metering({ whenUnavailable: 'queue' })
  unplug()
  await Promise.all(Array.from({ length: 5001 }, (_, number) => meter.record(event(number))))
  t.ok(outage.isOn)
  t.equal(appends(), 1)
  plugIn()
  await until(() => !outage.isOn)
  await meter.flush()
  t.equal(await counted(), 5001n)
})

t.test('when the second attempt hangs, those who wait for it are not kept waiting', async t => {
  const { meter, outage, replace, counted } = metering({ whenUnavailable: 'queue' })
  let open = () => {}
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  let tried = 0
  replace('usage.append', async (real, batch) => {
    if (tried++ === 0) throw new StorageUnavailableError('The connection broke.')
    await opened
    return real(batch)
  })
  await meter.record(event(1))
  t.ok(outage.isOn, 'it is served as in any outage')
  open()
  await until(() => !outage.isOn)
  await meter.flush()
  t.equal(await counted(), 1n)
})

t.test(
  'a question that fails is a failure of one request until a write says that it is an outage',
  async t => {
    for (const whenUnavailable of ['refuse', 'queue', 'admit'] as const) {
      const { client, come, verdict, replace, restore, context, storage } = gate(t, {
        meter: { whenUnavailable },
      })
      const shop = await client()
      t.equal(await verdict(shop.headers), 'admitted')
      let asked = 0
      replace('clients.facts', () => {
        asked++
        return Promise.reject(new StorageUnavailableError('The connection broke.'))
      })
      replace('changes.isListening', () => false)
      if (whenUnavailable === 'refuse') await t.rejects(come(shop.headers), { code: 'storage_unavailable' })
      else t.equal(await verdict(shop.headers), 'admitted', 'by what is known of it')
      t.equal(asked, 1)
      t.notOk(context.outage.isOn, whenUnavailable)
      for (const name of ['clients.facts', 'changes.isListening']) restore(name)
      const served = await come(shop.headers)
      if (!served.admitted) throw new Error(served.response.body)
      await metered(served, 200)
      const events = await storage.usage.events({ from: new Date(0), to: new Date('2100-01-01') }, 10)
      t.equal(events.length, 1, 'and those that come meanwhile are metered')
    }
  },
)

t.test('refuse: admissions of a batch that failed count all the same, and once', async t => {
  const { meter, limiter, unplug, plugIn, replace, storage, outage, now } = metering()
  const window = limiter.windows('rate', 'rate').find('cl_1', LIMIT)
  const ids = new Set<string>()
  let stored = false
  replace('usage.append', async (real, batch) => {
    ids.add((batch as UsageBatch).id)
    // It is written, and nobody hears of it.
    if (!stored) await real(batch)
    stored = true
    throw new Error('The connection was lost.')
  })
  t.equal(window.room(now().getTime()), 'unknown')
  for (let request = 0; request < 3; request++) limiter.take([window])
  const waiting = meter.record(event(1))
  waiting.catch(() => {})
  await until(() => stored)
  unplug()
  await t.rejects(waiting, { code: 'storage_unavailable' })
  plugIn()
  await until(() => !outage.isOn)
  t.equal(ids.size, 1)
  const since = new Date(now().getTime() - 60_000)
  t.strictSame((await storage.usage.totals([{ key: window.key, since }], [])).windows, [3])
})

t.test('queue: requests are served, and on return nothing is lost and nothing doubled', async t => {
  const { meter, outage, unplug, plugIn, events, now, counted, replace } = metering({
    whenUnavailable: 'queue',
  })
  await meter.record(event(1))
  // The first attempt is written, and its outcome lost.
  replace('usage.append', async (real, batch) => {
    await real(batch)
    unplug()
    throw new Error('The connection was lost after the commit.')
  })
  const first = meter.record(event(2))
  await first
  t.ok(outage.isOn)
  outage.check(now().getTime())
  for (let number = 3; number <= 2500; number++) await meter.record(event(number))
  t.equal(await counted(), 2n)
  plugIn()
  await until(() => !outage.isOn)
  await meter.record(event(2501))
  t.strictSame((await events()).toSorted(), names(1, 2501).toSorted())
  t.equal(await counted(), 2501n)
})

t.test('queue: beyond the bound requests are refused, until there is room again', async t => {
  const { meter, outage, unplug, plugIn, now, counted } = metering({
    whenUnavailable: 'queue',
    queueEvents: 10,
  })
  unplug()
  for (let number = 0; number < 10; number++) await meter.record(event(number))
  t.throws(() => outage.check(now().getTime()), { code: 'storage_unavailable' })
  await meter.record(event(10))
  plugIn()
  await until(() => !outage.isOn)
  await meter.flush()
  outage.check(now().getTime())
  t.equal(await counted(), 11n, 'one that had been admitted before is kept too')
})

t.test('admit: requests are served and never metered, and a line says how many', async t => {
  const { meter, outage, unplug, plugIn, log, counted } = metering({ whenUnavailable: 'admit' })
  unplug()
  await meter.record(event(1))
  for (let number = 2; number <= 6; number++) await meter.record(event(number))
  plugIn()
  await until(() => !outage.isOn)
  await meter.flush()
  t.equal(await counted(), 1n, 'what was on its way when it was noticed is kept')
  t.match(log.at(-1), { message: 'The storage is back.', fields: { unmetered: 5 } })
})

t.test('an outage is told of though the same was said before of a failure that was none', async t => {
  const { meter, outage, unplug, plugIn, replace, log } = metering({ whenUnavailable: 'admit' })
  outage.end()
  // The write that is to say whether it is one fails for another reason.
  let failed = false
  replace('usage.append', () => {
    failed = true
    return Promise.reject(new Error('The disk is full.'))
  })
  outage.tell(new StorageUnavailableError('No PostgreSQL answers.'))
  await until(() => failed && !outage.isInQuestion)
  t.notOk(outage.isOn)
  unplug()
  await meter.record(event(1))
  await meter.record(event(2))
  plugIn()
  await until(() => !outage.isOn)
  await meter.flush()
  const said = log.filter(({ message }) => message.startsWith('The storage is'))
  t.match(said, [
    { level: 'error', message: 'The storage is unavailable.' },
    { level: 'error', message: 'The storage is unavailable.' },
    { message: 'The storage is back.', fields: { unmetered: 1 } },
  ])
  t.equal(said.length, 3)
})

t.test('a key that cannot be used is no outage of the storage, and is told of once', async t => {
  const { outage, log, meter } = metering()
  await meter.record(event(1))
  for (let times = 0; times < 2; times++)
    outage.tell(new KeyUnavailableError('The signing key k1 is sealed.'))
  t.notOk(outage.isInQuestion)
  t.match(
    log.filter(({ level }) => level === 'error' || level === 'debug'),
    [
      { level: 'error', message: 'A key cannot be used, and what needs it is refused.' },
      { level: 'debug', message: 'A key still cannot be used.' },
    ],
  )
})

t.test('queue and admit: limits hold in each process by itself', async t => {
  for (const whenUnavailable of ['queue', 'admit'] as const) {
    const plans = {
      basic: {
        title: 'Tight',
        monthlyFeeNanoEuro: 0,
        includedRequests: 1000,
        hardCap: false,
        rateLimit: { requests: 30, windowSeconds: 60 },
      },
    }
    const { client, verdict, replace, context } = gate(t, { meter: { whenUnavailable }, plans })
    const shop = await client()
    t.equal(await verdict(shop.headers), 'admitted')
    for (const name of ['usage.append', 'usage.totals', 'clients.facts'])
      replace(name, () => Promise.reject(new StorageUnavailableError('No PostgreSQL answers.')))
    replace('changes.isListening', () => false)
    const verdicts: string[] = []
    for (let request = 0; request < 35; request++) verdicts.push(await verdict(shop.headers))
    t.ok(context.outage.isOn)
    t.equal(verdicts.filter(each => each === 'admitted').length, 29, whenUnavailable)
    t.equal(verdicts.filter(each => each === 'rate_limited').length, 6)
  }
})

t.test('callers who were known are served for as long as configured, strangers are not', async t => {
  const { client, come, verdict, replace, restore, pass, context } = gate(t, {
    meter: { whenUnavailable: 'queue', outageSeconds: 60 },
  })
  const shop = await client()
  const other = await client()
  t.equal(await verdict(shop.headers), 'admitted')
  const away = () => Promise.reject(new StorageUnavailableError('No PostgreSQL answers.'))
  for (const name of ['usage.append', 'usage.totals', 'clients.facts']) replace(name, away)
  replace('changes.isListening', () => false)
  const served = await come(shop.headers)
  if (!served.admitted) throw new Error(served.response.body)
  await metered(served, 200)
  await t.rejects(come(other.headers), { code: 'storage_unavailable' })
  await t.rejects(come({ ...shop.headers, 'x-client-secret': `${shop.value}x` }), {
    code: 'storage_unavailable',
  })
  pass(59)
  t.equal(await verdict(shop.headers), 'admitted')
  pass(2)
  await t.rejects(come(shop.headers), { code: 'storage_unavailable' })
  for (const name of ['usage.append', 'usage.totals', 'clients.facts', 'changes.isListening']) restore(name)
  await until(() => !context.outage.isOn)
  t.equal(await verdict(other.headers), 'admitted')
})

t.test('after-response: nobody waits, and the event is written all the same', async t => {
  const { meter, replace, events } = metering({ commit: 'after-response' })
  let open = () => {}
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  replace('usage.append', async (real, batch) => {
    await opened
    return real(batch)
  })
  await meter.record(event(1))
  t.strictSame(await events(), [])
  open()
  await meter.flush()
  t.strictSame(await events(), ['event-1'])
})

t.test('after-response: what waits is written when the storage is back', async t => {
  const { meter, unplug, plugIn, outage, counted } = metering({ commit: 'after-response' })
  unplug()
  for (let number = 0; number < 5; number++) await meter.record(event(number))
  await until(() => outage.isOn)
  await wait(1500)
  plugIn()
  await until(() => !outage.isOn)
  await meter.flush()
  t.equal(await counted(), 5n)
})

t.test(
  'a process that ends while the storage is away writes what it has answered once it is back',
  async t => {
    for (const options of [
      { whenUnavailable: 'queue' },
      { whenUnavailable: 'admit' },
      { commit: 'after-response' },
    ] as const) {
      const name = Object.values(options)[0]
      const { meter, replace, restore, counted, log } = metering(options)
      let attempts = 0
      const closing: Promise<void>[] = []
      await inNoTime(async () => {
        replace('usage.append', () => {
          attempts++
          // The order to end comes when it has been away for longer than a first round of attempts.
          if (attempts === 8) closing.push(meter.close())
          if (attempts === 12) restore('usage.append')
          throw new StorageUnavailableError('It is away.')
        })
        await Promise.all(Array.from({ length: 3 }, (_, number) => meter.record(event(number))))
        await until(() => closing.length > 0)
        await closing[0]
      })
      t.equal(await counted(), 3n, name)
      t.notOk(
        log.some(({ message }) => /lost/.test(message)),
        name,
      )
    }
  },
)

t.test('a process that ends while the storage is away says what it loses, and ends', async t => {
  const { meter, unplug, log } = metering({ whenUnavailable: 'queue' })
  unplug()
  for (let number = 0; number < 3; number++) await meter.record(event(number))
  await inNoTime(() => meter.close())
  t.match(log.filter(({ level }) => level === 'error').slice(0, 2), [
    { message: 'The storage is unavailable.' },
    { message: /lost/ },
  ])
  const lost = log.filter(({ message }) => /lost/.test(message))
  t.equal(
    lost.reduce((sum, { fields }) => sum + (fields as { events: number }).events, 0),
    3,
  )
})

t.test('of several marks that one batch passes each is recorded and told after the one before', async t => {
  const plan = { title: 'Small', monthlyFeeNanoEuro: 0, includedRequests: 10, hardCap: false }
  const told: unknown[] = []
  const { meter, storage, replace, restore } = metering(
    {},
    {
      plans: { basic: plan },
      // What the host does with one keeps none from being recorded.
      onEvent: ({ data }) => {
        told.push(data.percent)
        return new Promise(() => {})
      },
    },
  )
  // The first ones take longest, as on connections of which each is as quick as it can be.
  let waits = 3
  let failures = 1
  replace('workspaceEvents.record', async (record, given) => {
    const turns = waits--
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
    if ((given as { data: { percent: number } }).data.percent === 80 && failures-- > 0) throw new Error('No.')
    return record(given)
  })
  await Promise.all(Array.from({ length: 10 }, (_, number) => meter.record(event(number))))
  await until(() => failures === 0)
  await new Promise(setImmediate)
  t.strictSame(told, [50], 'what comes after one that could not be recorded is not told before it')
  await meter.record(event(10))
  await until(() => told.length === 3)
  restore('workspaceEvents.record')
  t.strictSame(told, [50, 80, 100])
  const listed = await storage.workspaceEvents.list({ workspaceId: 'ws_1', limit: 10 })
  t.strictSame(
    listed.map(({ data }) => data.percent),
    [100, 80, 50],
    'newest first, though all are of one moment',
  )
})

t.test('warnings at 50, 80 and 100 % of the allowance and of the owner’s caps, each once', async t => {
  const plan = { title: 'Small', monthlyFeeNanoEuro: 0, includedRequests: 10, hardCap: false }
  const told: string[] = []
  const { meter, storage } = metering(
    {},
    { plans: { basic: plan }, onEvent: ({ key }) => void told.push(key) },
  )
  const workspace = { ...WORKSPACE, monthlyRequestCap: 20, monthlySpendCapNanoEuro: 50 }
  for (let number = 0; number < 20; number++) await meter.record(event(number), workspace)
  await until(() => told.length === 9)
  t.strictSame(told, [
    'usage.allowance:2026-03:10:50',
    'usage.allowance:2026-03:10:80',
    'usage.allowance:2026-03:10:100',
    'usage.request_cap:2026-03:20:50',
    'usage.spend_cap:2026-03:50:50',
    'usage.spend_cap:2026-03:50:80',
    'usage.spend_cap:2026-03:50:100',
    'usage.request_cap:2026-03:20:80',
    'usage.request_cap:2026-03:20:100',
  ])
  const events = await storage.workspaceEvents.list({ workspaceId: 'ws_1', limit: 100 })
  t.equal(events.length, 9)
  t.match(events.at(-1), { message: 'The 10 requests that the plan includes: 50 % used up.' })
})
