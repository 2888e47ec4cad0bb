import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { dirname } from 'node:path'
import t from 'tap'
import { readSettings } from '../../examples/standalone/settings.ts'
import { dataDirectory } from './data-directory.ts'
import { freePorts, runStandalone } from './standalone.ts'

t.test('settings that cannot work are all named at once', async t => {
  const cases: [environment: Record<string, string>, message: string][] = [
    [{ PORT: 'http' }, 'PORT must be a whole number from 1 to 65535, not "http".'],
    [{ PORT: '0' }, 'PORT must be a whole number from 1 to 65535, not "0".'],
    [
      { PORT: '65536', PARTNER_PORT: '-1' },
      'PORT must be a whole number from 1 to 65535, not "65536". ' +
        'PARTNER_PORT must be a whole number from 1 to 65535, not "-1".',
    ],
    [{ PORT: '4000', PARTNER_PORT: '4000' }, 'PORT and PARTNER_PORT are both 4000; choose two.'],
    [
      { DATABASE_URL: 'mysql://root:geheim@localhost/shop' },
      'DATABASE_URL must look like postgres://user:password@host:5432/database.',
    ],
  ]
  for (const [environment, message] of cases) {
    t.throws(() => readSettings(environment), { message }, JSON.stringify(environment))
  }
  t.match(readSettings({}), {
    port: 3000,
    partnerPort: 3001,
    databaseUrl: undefined,
    dataDirectory: /\.xwms$/,
  })
  t.match(readSettings({ PORT: '', DATABASE_URL: '' }), { port: 3000, databaseUrl: undefined })
  t.match(readSettings({ PORT: '65535' }), { port: 65535, partnerPort: 65534 })
})

t.test('a start that cannot go on says so in one line, and leaves nothing', async t => {
  const [taken = 0, free = 0, next = 0, silent = 0] = await freePorts(4)
  const server = createServer().listen(taken, '127.0.0.1')
  t.teardown(() => server.close())
  const directory = await dataDirectory(t)
  const file = `${dirname(directory)}/file`
  await writeFile(file, '')
  const ports = { PORT: String(free), PARTNER_PORT: String(next) }

  const cases: [what: string, environment: Record<string, string>, line: RegExp][] = [
    ['a setting', { PORT: 'http' }, /^PORT must be/],
    ['a taken port', { PORT: String(taken) }, /^Port \d+ is taken\. .* set PORT to another port\.$/],
    ['a taken port of the partner', { PORT: String(free), PARTNER_PORT: String(taken) }, /set PARTNER_PORT/],
    [
      'a database that does not answer',
      {
        ...ports,
        DATABASE_URL: `postgres://shop:geheim@127.0.0.1:${silent}/shop`,
        XWMS_ENCRYPTION_SECRET: 'a secret of more than thirty-two characters',
      },
      /^No PostgreSQL answers at 127\.0\.0\.1:\d+\./,
    ],
    [
      'a data directory that is none',
      { ...ports, XWMS_DATA_DIR: file },
      /^The data directory cannot be used/,
    ],
  ]
  for (const [what, environment, line] of cases) {
    const { code, stdout, stderr } = await runStandalone({ XWMS_DATA_DIR: directory, ...environment })
    t.equal(code, 1, what)
    t.equal(stdout, '')
    t.match(stderr.trimEnd(), line)
    t.equal(stderr.trimEnd().split('\n').length, 1, 'it is one line')
    t.notMatch(stderr, 'geheim')
  }
  t.notOk(existsSync(directory), 'no data directory was made')
})
