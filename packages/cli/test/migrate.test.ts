import t from 'tap'
import { emptyDatabase } from '../../../test/support/database.ts'
import { json, xwms } from './command.ts'

t.test('migrate brings an empty database up to date, once', async t => {
  const database = await emptyDatabase()
  t.teardown(() => database.drop())
  const env = { DATABASE_URL: database.url }
  t.match(await xwms(['client', 'show', '--client', 'cl_1'], env), {
    code: 1,
    stderr: /^error: [^\n]*xwms migrate[^\n]*\n$/,
  })
  t.match(await xwms(['migrate'], env), { code: 0, stdout: /^applied /, stderr: '' })
  t.same(await json(['migrate'], env), { applied: [] })
  t.match(await xwms(['migrate'], env), { code: 0, stdout: 'The tables are up to date.\n' })
})
