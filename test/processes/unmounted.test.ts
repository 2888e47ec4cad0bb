// What begins when XWMS is made begins by itself, and keeps no process alive that has nothing else to do.
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import t from 'tap'
import { emptyDatabase } from '../support/database.ts'

t.setTimeout(120_000)

const PROGRAM = fileURLToPath(new URL('unmounted.ts', import.meta.url))
/** Nobody listens there. */
const NOWHERE = 'postgres://xwms:hunter2@127.0.0.1:1/xwms'

async function run(framework: string, databaseUrl: string) {
  const { NODE_OPTIONS: _, ...env } = process.env
  const child = spawn(process.execPath, [PROGRAM, framework, databaseUrl], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const ended = new Promise<number | null>(resolve => child.on('close', resolve))
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { lines: (stdout + stderr).split('\n').filter(line => line !== ''), code }
}

for (const framework of ['express', 'koa']) {
  t.test(`${framework}: tables and keys are made, and the process ends by itself`, async t => {
    const database = await emptyDatabase()
    t.teardown(() => database.drop())
    const { code, lines } = await run(framework, database.url)
    t.equal(code, 0, lines.join('\n'))
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    const { rows } = await client.query('select kid from xwms.signing_keys')
    await client.end()
    t.ok(rows.length > 0)
  })

  t.test(`${framework}: while the database is away one line says so, and the process ends`, async t => {
    const { code, lines } = await run(framework, NOWHERE)
    t.equal(code, 0, lines.join('\n'))
    const errors = lines.filter(line => /unavailable|rejection/i.test(line))
    t.equal(errors.length, 1, lines.join('\n'))
    t.match(errors[0], /No PostgreSQL answers at 127\.0\.0\.1:1/)
    t.notMatch(lines.join('\n'), /hunter2/)
  })
}
