import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { connect, freshDatabase } from '../../support/database.ts'
import { fill } from './fill.ts'
import { slope } from './memory.ts'
import { compare } from './report.ts'

function growth(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const main = fileURLToPath(new URL('main.ts', import.meta.url))
  const DATABASE_URL = process.env.XWMS_TEST_DATABASE_URL ?? process.env.DATABASE_URL
  return new Promise(resolve => {
    execFile(
      process.execPath,
      [main, ...args],
      { env: { ...process.env, DATABASE_URL } },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })
}

t.test('it compares databases, watches the memory, and prints one JSON object', async t => {
  const { code, stdout, stderr } = await growth(
    ...['--events', '2000', '--clients', '50', '--tokens', '100', '--rounds', '2', '--seconds', '0.3'],
    ...['--rate', '50', '--memory-minutes', '0.02', '--json'],
  )
  t.equal(code, 0, stderr)
  const { rows, memory } = JSON.parse(stdout)
  t.match(rows, [{ name: 'guarded route' }, { name: 'usage API' }])
  for (const row of rows) {
    for (const name of ['empty_p99_ms', 'large_p99_ms', 'ratio']) {
      const [min, median, max] = [row[`${name}_min`], row[name], row[`${name}_max`]]
      t.ok(min > 0 && min <= median && median <= max, `${row.name} has a median and extremes for ${name}`)
    }
  }
  t.ok(memory.heap_mib > 1 && memory.first_mib > 1 && memory.last_mib > 1)
  t.type(memory.slope_mib_per_hour, 'number')
})

t.test('it fills a database whose books agree, and whose partitions are in use', async t => {
  const database = await freshDatabase()
  const admin = await connect(database.url)
  t.teardown(async () => {
    await admin.end()
    await database.drop()
  })
  await fill(database.url, { events: 10_000, clients: 100, tokens: 1000 })
  const { rows } = await admin.query(`select
    (select count(*)::int from xwms.usage_events) as events,
    (select count(*)::int from xwms.usage_events_other) as caught,
    (select count(*)::int from (
      select date_trunc('hour', at, 'UTC'), workspace_id, client_id, domain_id, route, mode, (status / 100)::smallint,
        price_nano_euro, month, count(*) from xwms.usage_events group by 1, 2, 3, 4, 5, 6, 7, 8, 9
      except select hour, workspace_id, client_id, domain_id, route, mode, status_class, unit_price_nano_euro, month, requests
        from xwms.usage_counters) as different) as different`)
  t.strictSame(rows, [{ events: 10_000, caught: 0, different: 0 }])
})

t.test('a ratio is that of the same round', async t => {
  const loads = (...p99s: number[]) => p99s.map(p99Ms => ({ requests: 1, seconds: 1, p50Ms: 1, p99Ms }))
  const { ratio, empty } = compare('x', { empty: loads(1, 10, 4), large: loads(2, 10, 2) })
  t.strictSame(ratio, { median: 1, min: 0.5, max: 2 })
  t.strictSame(empty, { median: 4, min: 1, max: 10 })
})

t.test('a slope is that of the line through the values', async t => {
  t.equal(slope([5, 5, 5, 5]), 0)
  t.equal(slope([1, 3, 5, 7]), 2)
  t.equal(slope([4, 0, 4, 0]), -0.8)
})

t.test('it explains itself, and refuses in one line what it does not know', async t => {
  const help = await growth('--help')
  t.match(help, { code: 0, stdout: '--memory-minutes' })
  for (const args of [['--fast'], ['--events', '10'], ['--memory-minutes', 'long'], ['extra']]) {
    const { code, stdout, stderr } = await growth(...args)
    t.match({ code, stdout }, { code: 2, stdout: '' }, args.join(' '))
    t.equal(stderr.trim().split('\n').length, 1, stderr)
  }
})
