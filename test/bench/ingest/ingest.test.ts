import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function bench(...args: string[]): Promise<Ended> {
  const main = fileURLToPath(new URL('main.ts', import.meta.url))
  const { XWMS_TEST_DATABASE_URL, ...env } = process.env
  return new Promise(resolve => {
    execFile(
      process.execPath,
      [main, ...args],
      { env: { ...env, DATABASE_URL: XWMS_TEST_DATABASE_URL } },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })
}

t.test('the benchmark measures rows in turns, checks the books, and prints one JSON object', async t => {
  const { code, stdout, stderr } = await bench(
    ...['--rounds', '2', '--seconds', '0.2', '--batch', '50', '--lanes', '2', '--json'],
  )
  t.equal(code, 0, stderr)
  const { rows } = JSON.parse(stdout)
  t.match(rows, [
    { name: 'bare-insert', versus: null },
    { name: 'ledger', versus: 'bare-insert' },
    { name: 'ledger-uniform', versus: 'bare-insert' },
    { name: 'ledger-and-log', versus: 'bare-insert' },
  ])
  for (const row of rows) {
    for (const figure of ['eps', 'cpu_us', 'batch_p99_ms']) {
      const [min, median, max] = [row[`${figure}_min`], row[figure], row[`${figure}_max`]]
      t.ok(min > 0 && min <= median && median <= max, `${row.name} has a median and extremes for ${figure}`)
    }
  }
})

t.test('the benchmark explains itself, and refuses what it does not know in one line', async t => {
  const { code, stdout } = await bench('--help')
  t.equal(code, 0)
  t.match(stdout, '--batch')
  for (const args of [['--fast'], ['--batch', '0'], ['--lanes', 'many'], ['--only', 'express']]) {
    const { code, stdout, stderr } = await bench(...args)
    t.equal(code, 2, args.join(' '))
    t.equal(stdout, '')
    t.equal(stderr.trim().split('\n').length, 1, stderr)
  }
})
