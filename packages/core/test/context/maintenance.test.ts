import { mock } from 'node:test'
import { memory } from '@xwms/storage-memory'
import t from 'tap'
import { createConfig } from '../../src/config/config.ts'
import { createMaintenanceTimer } from '../../src/context/maintenance.ts'
import type { Maintenance } from '../../src/storage/maintenance.ts'
import { type LogLine, NOW, PLAIN_PAGES } from '../installation.ts'

const REPORT = { tables: [] }

/** A timer over a storage whose runs are written down and end as the test says. */
function timer(run: Maintenance['run'], retention: object = {}) {
  const log: LogLine[] = []
  const runs: Parameters<Maintenance['run']>[] = []
  const line = (level: LogLine['level']) => (fields: object, message: string) =>
    void log.push({ level, fields: { ...fields }, message })
  const config = createConfig({
    storage: {
      ...memory(),
      maintenance: {
        run(...given) {
          runs.push(given)
          return run(...given)
        },
      },
    },
    pages: PLAIN_PAGES,
    retention,
    logger: { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') },
    now: () => NOW,
  })
  const { storage, logger, now } = config
  return { maintenance: createMaintenanceTimer({ config, storage, logger, now }), runs, log }
}

/** Lets what is waiting for nothing but its turn go on. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}

t.beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }))
t.afterEach(() => mock.timers.reset())

t.test('it runs at once, and then about as often as configured', async t => {
  const { maintenance, runs, log } = timer(async () => REPORT, { eventDays: 100, everySeconds: 60 })
  maintenance.start()
  t.equal(runs.length, 1)
  const [now, retention] = runs[0] ?? []
  t.strictSame([now, retention], [NOW, { eventDays: 100, requestLogDays: 30, auditDays: 730 }])
  await settled()
  mock.timers.tick(44_000)
  t.equal(runs.length, 1)
  mock.timers.tick(32_000)
  t.equal(runs.length, 2)
  await settled()
  mock.timers.tick(76_000)
  t.equal(runs.length, 3)
  t.strictSame(
    log.map(({ level }) => level),
    ['debug', 'debug'],
  )
  await maintenance.close()
})

t.test('the next run waits for the end of the one before', async t => {
  let end = (_: typeof REPORT) => {}
  const { maintenance, runs } = timer(
    () =>
      new Promise(resolve => {
        end = resolve
      }),
  )
  maintenance.start()
  await settled()
  mock.timers.tick(3_600_000)
  t.equal(runs.length, 1)
  end(REPORT)
  await settled()
  mock.timers.tick(76_000)
  t.equal(runs.length, 2)
  end(REPORT)
  await maintenance.close()
})

t.test('closing ends a run and waits for it, and then nothing runs any more', async t => {
  let ended = false
  const { maintenance, runs } = timer(async (_now, _retention, signal) => {
    await new Promise(resolve => signal?.addEventListener('abort', resolve))
    await settled()
    ended = true
    return REPORT
  })
  maintenance.start()
  await maintenance.close()
  t.ok(ended)
  maintenance.start()
  mock.timers.tick(3_600_000)
  t.equal(runs.length, 1)
})

t.test('when the storage is away it says so once, and goes on trying', async t => {
  let away = true
  const { maintenance, runs, log } = timer(async () => {
    if (away) throw new Error('away')
    return undefined
  })
  const again = async () => {
    mock.timers.tick(76_000)
    await settled()
  }
  maintenance.start()
  await settled()
  for (let time = 0; time < 3; time++) await again()
  t.equal(runs.length, 4)
  t.strictSame(
    log.map(({ level }) => level),
    ['error'],
  )
  away = false
  await again()
  away = true
  await again()
  t.equal(log.length, 2, 'a new outage is told of again')
  await maintenance.close()
})

t.test('with everySeconds 0 it never runs by itself', async t => {
  const { maintenance, runs } = timer(async () => REPORT, { everySeconds: 0 })
  maintenance.start()
  mock.timers.tick(3_600_000)
  t.equal(runs.length, 0)
  await maintenance.close()
})
