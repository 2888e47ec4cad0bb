import { join } from 'node:path'
import t from 'tap'
import { freshDatabase } from '../../../test/support/database.ts'
import { json, xwms } from './command.ts'

t.test('keys', async t => {
  const database = await freshDatabase()
  t.teardown(() => database.drop())
  const env = { DATABASE_URL: database.url }

  await t.test('there are none before the first start, and rotating makes the first', async t => {
    t.match(await xwms(['keys', 'list'], env), { code: 0, stdout: 'none\n' })
    const { keys } = await json(['keys', 'rotate', '--algorithm', 'ES256 EdDSA'], env)
    t.match(keys, [
      { alg: 'ES256', state: 'current', encrypted: false, outcome: 'published', retired_at: null },
      { alg: 'EdDSA', state: 'current', encrypted: false, outcome: 'published', retired_at: null },
    ])
  })

  await t.test('the next ones are published, and stay the next ones', async t => {
    const { keys } = await json(['keys', 'rotate', '--algorithm', 'ES256'], env)
    t.match(keys, [{ alg: 'ES256', state: 'next', outcome: 'published' }])
    const { code, stdout, stderr } = await xwms(['keys', 'rotate', '--algorithm', 'ES256'], env)
    t.equal(code, 0)
    t.match(stdout, /^waiting +\S+ +ES256 +next /m)
    t.match(stderr, /stays the next one/)
    const listed = await xwms(['keys', 'list'], env)
    t.match(listed.stdout, /^kid +alg +state +encrypted/)
    t.equal(listed.stdout.match(/ES256/g)?.length, 2)
    t.notMatch(listed.stdout, '"d"')
  })

  await t.test('with --now all others are gone', async t => {
    await json(['keys', 'rotate', '--algorithm', 'ES256', '--now'], env)
    const { keys } = await json(['keys', 'list'], env)
    t.strictSame(
      keys.map(({ alg, state }: { alg: string; state: string }) => [alg, state]),
      [
        ['EdDSA', 'current'],
        ['ES256', 'current'],
      ],
    )
  })

  await t.test('what cannot be is refused in one line', async t => {
    t.match(await xwms(['keys', 'rotate', '--algorithm', 'HS256'], env), {
      code: 2,
      stderr: /^error: --algorithm [^\n]+\n$/,
    })
    t.match(await xwms(['keys', 'rotate', '--retire-after-seconds', '5'], env), {
      code: 2,
      stderr: /^error: --retire-after-seconds goes with now[^\n]+\n$/,
    })
  })

  await t.test('encrypted keys are made by who knows the secret alone', async t => {
    const directory = t.testdir({
      'options.mjs': `export default { keys: { encryptionSecrets: ['${'s'.repeat(32)}'] } }`,
    })
    const configured = { ...env, XWMS_CONFIG: join(directory, 'options.mjs') }
    t.match(await json(['keys', 'rotate', '--algorithm', 'EdDSA', '--now'], configured), {
      keys: [{ alg: 'EdDSA', encrypted: true }],
    })
    t.match(await xwms(['keys', 'rotate'], env), {
      code: 2,
      stderr: /^error: The keys are encrypted at rest/,
    })
  })
})
