import { randomUUID } from 'node:crypto'
import { postgres } from '@xwms/storage-kysely'
import t from 'tap'
import { freshDatabase } from '../../../test/support/database.ts'
import { json, xwms } from './command.ts'

t.test('from a workspace to usage', async t => {
  const database = await freshDatabase()
  t.teardown(() => database.drop())
  const env = { DATABASE_URL: database.url }
  const owner = await json(['user', 'create', '--email', 'ann@example.com'], env)
  const workspace = await json(['workspace', 'create', '--name', 'Acme', '--owner', 'ANN@example.com'], env)
  const create = ['client', 'create', '--workspace', workspace.id, '--name', 'Shop']
  const uri = 'https://shop.example/callback'

  await t.test('a workspace has an owner, found by address or sub, and a plan that exists', async t => {
    t.match(workspace, {
      id: /^ws_/,
      name: 'Acme',
      plan: 'basic',
      plan_status: 'active',
      owners: [owner.sub],
    })
    t.same(await json(['workspace', 'show', '--workspace', workspace.id], env), workspace)
    const args = ['workspace', 'create', '--name', 'Acme', '--owner']
    t.match(await xwms([...args, 'nobody@example.com'], env), { code: 2, stderr: /There is no user/ })
    t.match(await xwms([...args, owner.sub, '--plan', 'gold'], env), {
      code: 2,
      stderr: 'error: --plan must be one of the plans basic, enterprise\n',
    })
  })

  await t.test('a client that cannot be registered is refused whole', async t => {
    const args = [
      ...create,
      '--redirect-uri',
      'javascript:alert(1)',
      '--redirect-uri',
      'http://shop.example/',
    ]
    const { code, stdout, stderr } = await xwms(args, env)
    t.equal(code, 2)
    t.equal(stdout, '')
    t.match(
      stderr,
      /^error: --redirect-uri "javascript:alert\(1\)" must [^\n]+; --redirect-uri "http:[^\n]+\n$/,
    )
    t.same(await json(['client', 'list', '--workspace', workspace.id], env), { clients: [] })
  })

  const client = await json(
    [
      ...create,
      '--redirect-uri',
      uri,
      '--redirect-uri',
      'http://localhost:3000/',
      '--scope',
      'openid userinfo',
      '--link-secrets',
      '--no-pkce',
    ],
    env,
  )

  await t.test('a client is registered with its first secret', async t => {
    const { secret, secret_id, ...shown } = client
    t.match(shown, {
      id: /^cl_/,
      workspace_id: workspace.id,
      name: 'Shop',
      type: 'confidential',
      enabled: true,
      scopes: ['openid', 'userinfo'],
      redirect_uris: [uri, 'http://localhost:3000/'],
      require_pkce: false,
      links_secrets_to_domains: true,
    })
    t.match(secret, /^xwms_sk_[0-9A-Za-z]{49}$/)
    t.same(await json(['client', 'show', '--client', client.id], env), shown)
    t.match(await json(['secret', 'list', '--client', client.id], env), {
      secrets: [{ id: secret_id, hint: secret.slice(-4), expires_at: null, revoked_at: null }],
    })
    t.match(await xwms(create, env), { code: 2, stderr: /^error: The plan Clients Basic allows 1 client/ })
  })

  await t.test('a client is disabled and enabled', async t => {
    t.match(await json(['client', 'disable', '--client', client.id], env), { enabled: false })
    t.match(await json(['client', 'enable', '--client', client.id], env), { enabled: true })
  })

  const add = ['domain', 'add', '--client', client.id]
  const domain = await json(
    [
      ...add,
      '--host',
      'Shop.Example',
      '--mode',
      'live',
      '--ip',
      '192.0.2.0/24',
      '--ip',
      '::1',
      '--fallback-uri',
      uri,
    ],
    env,
  )

  await t.test('a domain is registered, listed and changed', async t => {
    t.match(domain, {
      id: /^dom_/,
      host: 'shop.example',
      mode: 'live',
      ip_allowlist: ['192.0.2.0/24', '::1'],
      fallback_uri: uri,
      active: true,
    })
    t.same(await json(['domain', 'list', '--client', client.id], env), { domains: [domain] })
    const set = ['domain', 'set', '--client', client.id, '--domain', 'shop.example']
    t.same(await json([...set, '--no-login', '--mode', 'test', '--test-users-only'], env), {
      ...domain,
      login_allowed: false,
      mode: 'test',
      test_users_only: true,
    })
    t.same(await json([...set, '--login', '--mode', 'live', '--no-test-users-only'], env), domain)
    t.match(await xwms([...add, '--host', 'shop.example', '--mode', 'test'], env), {
      code: 2,
      stderr: /^error: The client has the domain shop\.example already/,
    })
    t.match(
      await xwms(
        [...add, '--host', 'https://a/', '--mode', 'live', '--ip', '10.0.0', '--test-users-only'],
        env,
      ),
      {
        code: 2,
        stderr:
          /^error: --host "https:\/\/a\/" [^\n]+; --ip "10\.0\.0" [^\n]+; --test-users-only must [^\n]+\n$/,
      },
    )
  })

  await t.test('secrets are linked, created, rotated and revoked', async t => {
    const link = ['domain', 'link', '--client', client.id, '--domain', 'shop.example', '--secret']
    t.same(await json([...link, client.secret_id], env), {
      client_id: client.id,
      secret_id: client.secret_id,
      domain_id: domain.id,
      host: 'shop.example',
    })
    t.match(await xwms([...link, 'sec_1'], env), {
      code: 2,
      stderr: /There is no secret of this client "sec_1"/,
    })
    const shown = await xwms(['secret', 'create', '--client', client.id, '--expires-in-days', '1'], env)
    t.match(shown, { code: 0, stdout: /^secret +xwms_sk_/m, stderr: 'The secret is shown this once.\n' })
    const rotated = await json(['secret', 'rotate', '--client', client.id, '--overlap-seconds', '60'], env)
    const { secrets } = await json(['secret', 'list', '--client', client.id], env)
    t.equal(secrets.length, 3)
    t.same(
      secrets
        .filter((secret: { expires_at: string | null }) => secret.expires_at === null)
        .map(({ id }: { id: string }) => id),
      [rotated.id],
    )
    const revoke = ['secret', 'revoke', '--client', client.id, '--secret', client.secret_id]
    t.match(await json(revoke, env), { id: client.secret_id, outcome: 'revoked' })
    t.match(await json(revoke, env), { outcome: 'already_revoked' })
  })

  await t.test('usage is summed up exactly', async t => {
    const storage = postgres(database.url)
    const event = (at: string, route: string, priceNanoEuro: number) => ({
      at: new Date(at),
      workspaceId: workspace.id,
      clientId: client.id,
      domainId: domain.id,
      route,
      mode: 'live' as const,
      sub: undefined,
      status: 200,
      durationMs: 1,
      priceNanoEuro,
      requestId: 'request',
      caller: undefined,
    })
    const now = new Date().toISOString()
    const events = [event(now, 'orders', 10_000), event(now, 'orders', 10_000), event(now, 'info', 0)]
    await storage.usage.append({ id: randomUUID(), events, windows: [] })
    await storage.close()
    const expected = [
      { route: 'info', requests: 1, cost_nano_euro: '0', cost: 'EUR 0.00' },
      { route: 'orders', requests: 2, cost_nano_euro: '20000', cost: 'EUR 0.00002' },
    ]
    const total = { requests: 3, cost_nano_euro: '20000', cost: 'EUR 0.00002' }
    for (const whose of [
      ['--client', client.id],
      ['--workspace', workspace.id],
    ]) {
      t.match(await json(['usage', ...whose], env), { by: ['route'], series: expected, total })
    }
    const { stdout } = await xwms(['usage', '--client', client.id, '--by', 'mode'], env)
    t.equal(
      stdout,
      'mode   requests         cost\nlive          3  EUR 0.00002\ntotal         3  EUR 0.00002\n',
    )
    for (const whose of [
      ['--client', client.id],
      ['--workspace', workspace.id],
    ]) {
      const byDomain = ['usage', ...whose, '--by', 'domain']
      t.match((await xwms(byDomain, env)).stdout, /^domain .*\nshop\.example +3 .*\ntotal /)
      t.match(await json(byDomain, env), { series: [{ domain_id: domain.id, requests: 3 }] })
    }
    const { month } = await json(['usage', '--workspace', workspace.id], env)
    t.match(month, {
      month: now.slice(0, 7),
      so_far: { requests: 3, free: 1, included: 2, billable: 0, net: 'EUR 0.00' },
      forecast: null,
    })
    const byDay = ['usage', '--workspace', workspace.id, '--interval', 'day', '--by', 'route', '--csv']
    t.equal(
      (await xwms(byDay, env)).stdout,
      [
        'start,route,requests,cost_nano_euro',
        `${now.slice(0, 10)}T00:00:00.000Z,info,1,0`,
        `${now.slice(0, 10)}T00:00:00.000Z,orders,2,20000`,
        '',
      ].join('\r\n'),
    )
    const past = ['usage', '--client', client.id, '--from', '2020-01-01', '--to']
    t.match(await json([...past, '2020-02-01T00:00+01:00'], env), {
      from: '2020-01-01T00:00:00.000Z',
      to: '2020-01-31T23:00:00.000Z',
      series: [],
      total: { requests: 0, cost: 'EUR 0.00' },
    })
    t.match(await xwms([...past, '2019-01-01'], env), {
      code: 2,
      stderr: /--from [^\n]+ must be before --to/,
    })
    t.match(await xwms(['usage', '--client', 'cl_1'], env), { code: 2, stderr: /There is no client "cl_1"/ })
  })

  await t.test('usage of a client that is gone is asked for with its workspace', async t => {
    const storage = postgres(database.url)
    // What is left of a client that was deleted, by RFC 7592 say.
    const clientId = 'cl_gone'
    const event = {
      at: new Date(),
      workspaceId: workspace.id,
      clientId,
      domainId: 'dom_gone',
      route: 'orders',
      mode: 'live' as const,
      sub: undefined,
      status: 200,
      durationMs: 1,
      priceNanoEuro: 10_000,
      requestId: 'request',
      caller: undefined,
    }
    await storage.usage.append({ id: randomUUID(), events: [event], windows: [] })
    await storage.close()
    t.match(await xwms(['usage', '--client', clientId], env), { code: 2, stderr: /There is no client/ })
    const both = ['usage', '--workspace', workspace.id, '--client', clientId]
    const usage = await json([...both, '--by', 'domain'], env)
    t.match(usage, { series: [{ domain_id: 'dom_gone', requests: 1 }], total: { requests: 1 } })
    t.notOk('month' in usage, 'the month is the workspace’s')
  })
})
