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
  return new Promise(resolve => {
    execFile(process.execPath, [main, ...args], (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })
}

t.test('the benchmark measures rows in turns and prints them as one JSON object', async t => {
  const { code, stdout, stderr } = await bench(
    ...['--rounds', '2', '--seconds', '0.2', '--connections', '4'],
    ...['--only', 'koa-memory,koa', '--json'],
  )
  t.equal(code, 0, stderr)
  const { rows } = JSON.parse(stdout)
  t.match(rows, [
    { name: 'koa', ratio: 1, versus: null },
    { name: 'koa-memory', versus: 'koa' },
  ])
  for (const row of rows) {
    for (const figure of ['rps', 'cpu_us', 'p50_ms', 'p99_ms', 'ratio']) {
      const [min, median, max] = [row[`${figure}_min`], row[figure], row[`${figure}_max`]]
      t.ok(min > 0 && min <= median && median <= max, `${row.name} has a median and extremes for ${figure}`)
    }
  }
})

t.test('the benchmark explains itself', async t => {
  const { code, stdout } = await bench('--help')
  t.equal(code, 0)
  t.match(stdout, '--connections')
})

t.test('arguments that it does not know are refused in one line', async t => {
  for (const args of [
    ['--fast'],
    ['--rounds', 'many'],
    ['--seconds', '0'],
    ['--only', 'fastify'],
    ['extra'],
  ]) {
    const { code, stdout, stderr } = await bench(...args)
    t.equal(code, 2, args.join(' '))
    t.equal(stdout, '')
    t.equal(stderr.trim().split('\n').length, 1, stderr)
  }
})
