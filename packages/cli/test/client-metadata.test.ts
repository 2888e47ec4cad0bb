import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { freshDatabase } from '../../../test/support/database.ts'
import { json, xwms } from './command.ts'

t.test('a client’s profile and metadata', async t => {
  const database = await freshDatabase()
  t.teardown(() => database.drop())
  const env = { DATABASE_URL: database.url }
  await json(['user', 'create', '--email', 'ann@example.com'], env)
  const { id: workspace } = await json(
    ['workspace', 'create', '--name', 'Acme', '--owner', 'ann@example.com', '--plan', 'enterprise'],
    env,
  )
  const create = ['client', 'create', '--workspace', workspace, '--name', 'Bank']
  const uri = 'https://bank.example/callback'
  const jwks_uri = 'https://bank.example/jwks'
  const metadata = { token_endpoint_auth_method: 'private_key_jwt', jwks_uri }

  const plain = await json(create, env)
  t.match(plain, { profile: 'oauth2.1', source: 'managed', metadata: {} })
  t.match(await xwms(['client', 'show', '--client', plain.id], env), { stdout: /^metadata +-$/m })

  const bank = await json(
    [
      ...create,
      ...['--profile', 'fapi2', '--redirect-uri', uri, '--metadata', JSON.stringify(metadata)],
      ...[
        '--grant-type',
        'authorization_code',
        '--grant-type',
        'urn:ietf:params:oauth:grant-type:device_code',
      ],
    ],
    env,
  )
  t.match(bank, {
    profile: 'fapi2',
    metadata,
    grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'],
  })
  t.notOk('secret' in bank, 'a client that proves itself with a key gets no secret')
  t.match(await xwms(['client', 'show', '--client', bank.id], env), {
    stdout: /^metadata +\{"jwks_uri":"https:\/\/bank\.example\/jwks",[^\n]+\}$/m,
  })

  await t.test('is changed member by member', async t => {
    const file = join(t.testdir(), 'metadata.json')
    writeFileSync(file, JSON.stringify({ dpop_bound_access_tokens: true, default_max_age: 60 }))
    const update = ['client', 'update', '--client', bank.id]
    t.strictSame((await json([...update, '--metadata', `@${file}`], env)).metadata, {
      ...metadata,
      dpop_bound_access_tokens: true,
      default_max_age: 60,
    })
    const changed = await json(
      [
        ...update,
        '--metadata',
        '{"default_max_age":null}',
        '--name',
        'New bank',
        '--redirect-uri',
        `${uri}2`,
      ],
      env,
    )
    t.strictSame(changed.metadata, { ...metadata, dpop_bound_access_tokens: true })
    t.match(changed, { name: 'New bank', redirect_uris: [`${uri}2`], profile: 'fapi2' })
    const { secret: _, secret_id: __, ...shown } = plain
    const openid = await json(
      ['client', 'update', '--client', plain.id, '--profile', 'openid', '--no-pkce'],
      env,
    )
    t.strictSame(openid, { ...shown, profile: 'openid', require_pkce: false })
    t.match(await json(['client', 'update', '--client', plain.id, '--pkce'], env), { require_pkce: true })
  })

  await t.test('what does not fit together is refused, with the option and the member', async t => {
    const table: [args: string[], line: RegExp][] = [
      [['--profile', 'fapi2'], /--metadata token_endpoint_auth_method must be one of private_key_jwt/],
      [['--profile', 'fapi3'], /Allowed choices are oauth2\.1, openid, fapi2/],
      [['--grant-type', 'implicit'], /--grant-type "implicit" must be one of authorization_code/],
      [['--metadata', '[]'], /Give a JSON object/],
      [['--metadata', '{'], /Give a JSON object/],
      [['--metadata', '@/nowhere/metadata.json'], /The file cannot be read/],
      [['--metadata', '{"jwks_url":"x"}'], /--metadata jwks_url is not known here/],
      [['--metadata', '{"jwks_uri":"http://bank.example"}'], /--metadata jwks_uri .* must begin with https/],
      [['--metadata', '{"jwks":{"keys":[]}}'], /--metadata jwks\.keys must have a key/],
    ]
    for (const [row, [args, line]] of table.entries()) {
      const command = row % 2 === 0 ? create : ['client', 'update', '--client', plain.id]
      const { code, stdout, stderr } = await xwms([...command, ...args], env)
      t.equal(code, 2, args.join(' '))
      t.equal(stdout, '')
      t.match(stderr, line)
      t.match(stderr, /^error: [^\n]+\n$/)
    }
  })
})
