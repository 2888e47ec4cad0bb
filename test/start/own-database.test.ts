import { readdir } from 'node:fs/promises'
import { revokeSecret } from '@xwms/core'
import { postgres } from '@xwms/storage-kysely'
import t from 'tap'
import { emptyDatabase } from '../support/database.ts'
import { dataDirectory } from './data-directory.ts'
import { paste, startStandalone } from './standalone.ts'

t.test('DATABASE_URL is used instead, and seeded once', async t => {
  const database = await emptyDatabase()
  t.teardown(() => database.drop())
  const directory = await dataDirectory(t)
  const environment = { DATABASE_URL: database.url, XWMS_DATA_DIR: directory }

  const first = await startStandalone(environment)
  t.teardown(() => first.end('SIGKILL'))
  t.match(JSON.parse(await paste(first.curls[1] as string)), { status: 'success' })
  t.notMatch(first.stdout, new URL(database.url).password, 'the password of the database is not printed')
  const [usage = ''] = first.commands
  t.match(
    await paste(usage, environment),
    /^total +- +1 /m,
    'with that database commands work as they are printed',
  )
  await first.end('SIGINT')
  t.match(await readdir(directory), [/^demo-[0-9a-f]{8}\.json$/], 'no database of our own was made')

  const second = await startStandalone(environment)
  t.teardown(() => second.end('SIGKILL'))
  t.match(second, { email: first.email, password: first.password, clientSecret: first.clientSecret })
  await second.end('SIGINT')

  const storage = postgres(database.url)
  t.teardown(() => storage.close())
  const [secret] = await storage.clients.secrets(first.clientId)
  const environmentOfChange = {
    storage,
    plans: {},
    scopes: undefined,
    now: new Date(),
    actor: 'test',
    ip: undefined,
  }
  await revokeSecret(environmentOfChange, { clientId: first.clientId, secretId: secret?.id as string })
  const third = await startStandalone(environment)
  t.teardown(() => third.end('SIGKILL'))
  t.equal(third.clientId, first.clientId)
  t.not(third.clientSecret, first.clientSecret, 'a secret that was revoked is replaced')
  t.match(JSON.parse(await paste(third.curls[2] as string)), { for: 'Harbour Coffee' })

  // Without its file, a start finds its user there, with a password that it does not know.
  const stranger = await startStandalone({ ...environment, XWMS_DATA_DIR: `${directory}-of-another` })
  t.teardown(() => stranger.end('SIGKILL'))
  t.match(stranger.email, /^robin-.{4}@example\.com$/, 'so it makes another')
  await Promise.all([third.end('SIGINT'), stranger.end('SIGINT')])
})
