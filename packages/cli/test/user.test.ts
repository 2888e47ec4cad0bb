import t from 'tap'
import { freshDatabase } from '../../../test/support/database.ts'
import { xwms, xwmsProcess } from './command.ts'

t.test('users', async t => {
  const database = await freshDatabase()
  t.teardown(() => database.drop())
  const env = { DATABASE_URL: database.url }

  await t.test('a password is made where none is given, and shown to its owner alone', async t => {
    const args = ['user', 'create', '--email', 'Ann@Example.com', '--name', 'Ann Smith', '--verified']
    const { code, stdout, stderr } = await xwms(args, env)
    t.equal(code, 0)
    t.match(stdout, /^sub +[1-9]\d*$/m)
    t.match(stdout, /^email +ann@example\.com$/m)
    t.match(stdout, /^email verified +yes$/m)
    t.match(stdout, /^password +[A-Za-z0-9_-]{20}$/m)
    t.notMatch(stdout, 'scrypt')
    t.equal(stderr, 'The password is shown this once.\n')
  })

  await t.test('a password from standard input loses its line end and nothing else', async t => {
    const args = ['user', 'create', '--email', 'bob@example.com', '--password-stdin', '--test', '--json']
    const { code, stdout, stderr } = await xwmsProcess(args, env, ' seven  \n')
    t.equal(code, 0, stderr)
    t.match(JSON.parse(stdout), { sub: /^\d+$/, email: 'bob@example.com', name: 'bob', test: true })
    t.notOk('password' in JSON.parse(stdout))
    t.match(
      await xwmsProcess(
        ['user', 'create', '--email', 'carol@example.com', '--password-stdin'],
        env,
        ' seven\n',
      ),
      {
        code: 2,
        stderr: 'error: --password must have at least 8 characters\n',
      },
    )
  })

  await t.test('every bad option is named at once', async t => {
    const args = ['user', 'create', '--email', 'nobody', '--password', 'hunter2', '--name', '']
    const { code, stderr } = await xwms(args, env)
    t.equal(code, 2)
    t.match(stderr, /^error: --email "nobody" must be [^\n]+; --password must [^\n]+; --name must [^\n]+\n$/)
    t.notMatch(stderr, 'hunter2')
    const problem = JSON.parse((await xwms([...args, '--json'], env)).stderr).error
    t.equal(problem.code, 'invalid_input')
    t.same(
      problem.options.map(({ option }: { option: string }) => option),
      ['--email', '--password', '--name'],
    )
  })

  await t.test('an address has one user', async t => {
    t.match(
      await xwms(['user', 'create', '--email', 'ann@example.com', '--password', 'correct horse'], env),
      {
        code: 2,
        stdout: '',
        stderr: /^error: There is a user with the address ann@example\.com already\.[^\n]+\n$/,
      },
    )
  })
})
