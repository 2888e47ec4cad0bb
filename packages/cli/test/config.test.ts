import { join } from 'node:path'
import t from 'tap'
import { freshDatabase } from '../../../test/support/database.ts'
import { json, xwms, xwmsProcess } from './command.ts'

t.test("the application's own plans and scopes", async t => {
  const database = await freshDatabase()
  t.teardown(() => database.drop())
  const env = { DATABASE_URL: database.url }
  const directory = t.testdir({
    'options.mjs': `export default {
      plans: { gold: { title: 'Gold', monthlyFeeNanoEuro: 0, includedRequests: 0, hardCap: false } },
      scopes: { 'orders:read': 'See your orders' },
    }`,
    'broken.mjs': 'export default { plans: { gold: {} }, scops: {} }',
    'empty.mjs': '',
    'throws.mjs': 'throw new Error("first\\nsecond")',
    'open.mjs':
      'import { createServer } from "node:net"\ncreateServer().listen(0, "127.0.0.1")\nexport default {}',
  })
  const configured = (file: string) => ({ ...env, XWMS_CONFIG: join(directory, file) })
  await json(['user', 'create', '--email', 'ann@example.com'], env)
  const workspace = ['workspace', 'create', '--name', 'Acme', '--owner', 'ann@example.com']
  const basic = await json(workspace, env)

  await t.test('without the options, scopes of the application are taken on trust and named', async t => {
    const args = ['client', 'create', '--workspace', basic.id, '--name', 'Shop', '--public', '--scope']
    t.match(await xwms([...args, 'orders"read'], env), { code: 2, stderr: /^error: --scope / })
    const { code, stdout, stderr } = await xwms([...args, 'orders:read'], env)
    t.equal(code, 0)
    t.match(stdout, /^scopes +orders:read$/m)
    t.notMatch(stdout, 'xwms_sk_', 'a public client has no secret')
    t.match(stderr, /^The application's option "scopes" has to name orders:read/)
  })

  await t.test('with them, plans and scopes are theirs', async t => {
    const gold = await json([...workspace, '--plan', 'gold'], configured('options.mjs'))
    const args = ['client', 'create', '--workspace', gold.id, '--name', 'Shop', '--scope']
    t.match(await json([...args, 'orders:read'], configured('options.mjs')), { scopes: ['orders:read'] })
    t.match(await xwms([...args, 'order:read'], configured('options.mjs')), {
      code: 2,
      stderr: /^error: --scope "order:read" must be one of the scopes [^\n]*orders:read\n$/,
    })
    t.match(await xwms([...args, 'openid'], env), { code: 2, stderr: /^error: [^\n]*on the plan "gold"/ })
  })

  await t.test('options that cannot be used are refused in one line', async t => {
    for (const file of ['broken.mjs', 'empty.mjs', 'missing.mjs', 'throws.mjs']) {
      const { code, stderr } = await xwms(workspace, configured(file))
      t.equal(code, 2, file)
      t.match(stderr, /^error: [^\n]+\n$/)
    }
  })
  await t.test('a module that holds something open does not hold the command', async t => {
    t.match(await xwmsProcess([...workspace, '--json'], configured('open.mjs')), {
      code: 0,
      stdout: /^{.*}\n$/,
    })
    t.match(await xwmsProcess([...workspace, '--plan', 'no'], configured('open.mjs')), {
      code: 2,
      stderr: /^error: --plan must be one of/,
    })
  })
})
