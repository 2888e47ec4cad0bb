import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Block, Client, RequestLogEntry, WorkspaceEvent } from '@xwms/core'
import { fixtures } from '@xwms/storage-contract'
import { postgres } from '@xwms/storage-kysely'
import t from 'tap'
import { freshDatabase } from '../../../test/support/database.ts'
import { startRelay } from '../../../test/support/relay.ts'
import { json, main, xwms } from './command.ts'

t.test('limits, the log, events and blocks', async t => {
  const database = await freshDatabase()
  t.teardown(() => database.drop())
  const env = { DATABASE_URL: database.url }
  const owner = await json(['user', 'create', '--email', 'ann@example.com'], env)
  const workspace = await json(['workspace', 'create', '--name', 'Acme', '--owner', owner.sub], env)
  const client = await json(['client', 'create', '--workspace', workspace.id, '--name', 'Shop'], env)
  const storage = postgres(database.url)
  t.teardown(() => storage.close())

  await t.test('an operator changes a plan and caps, which the audit knows', async t => {
    const update = ['workspace', 'update', '--workspace', workspace.id]
    const changed = await json(
      [...update, '--plan', 'enterprise', '--request-cap', '50000', '--spend-cap', '25.5'],
      env,
    )
    t.match(changed, {
      plan: 'enterprise',
      plan_status: 'active',
      monthly_request_cap: 50_000,
      monthly_spend_cap_nano_euro: '25500000000',
    })
    const removed = await json([...update, '--request-cap', 'none', '--spend-cap', 'none'], env)
    t.match(removed, { plan: 'enterprise', monthly_request_cap: null, monthly_spend_cap_nano_euro: null })
    t.match(await json([...update, '--plan-status', 'inactive'], env), { plan_status: 'inactive' })
    t.match(await storage.audit.list(workspace.id, 1), [
      { action: 'workspace.updated', actor: 'cli', after: { planStatus: 'inactive' } },
    ])
  })

  await t.test('a client gets a rate limit of its own', async t => {
    const update = ['client', 'update', '--client', client.id]
    t.match(await json([...update, '--rate-limit', '100/60s'], env), {
      rate_limit: { requests: 100, window_seconds: 60, sliding: false },
      rate_limit_set_by: 'cli',
      rate_limit_set_at: /^\d{4}-\d\d-\d\dT/,
    })
    t.match(await json([...update, '--rate-limit', '5000/h', '--sliding'], env), {
      rate_limit: { requests: 5000, window_seconds: 3600, sliding: true },
    })
    const found = (await storage.clients.find(client.id)) as Client
    await storage.clients.update(
      found,
      { ...found, rateLimit: { requests: 5, windowSeconds: 60 } },
      fixtures.audit(),
    )
    t.match(await json(['client', 'show', '--client', client.id], env), {
      rate_limit: { requests: 5, window_seconds: 60, sliding: false },
      operator_rate_limit: { requests: 5000, window_seconds: 3600, sliding: true },
      operator_rate_limit_set_by: 'cli',
      operator_rate_limit_set_at: /^\d{4}-\d\d-\d\dT/,
    })
    t.match(await json([...update, '--rate-limit', 'none'], env), {
      rate_limit: null,
      rate_limit_set_by: null,
      operator_rate_limit: null,
      operator_rate_limit_set_by: null,
    })
    t.match(await xwms([...update, '--sliding'], env), { code: 2, stderr: /--sliding needs a --rate-limit/ })
  })

  const entry = (over: Partial<RequestLogEntry> = {}): RequestLogEntry => ({
    id: randomUUID(),
    at: new Date(),
    requestId: 'request-1',
    workspaceId: workspace.id,
    clientId: client.id,
    domainId: undefined,
    route: 'GET /orders',
    status: 403,
    durationMs: 1,
    ip: '192.0.2.1',
    userAgent: undefined,
    refusedBy: 'ip_not_allowed',
    facts: { ip: '192.0.2.1' },
    ...over,
  })

  await t.test('the log is searched', async t => {
    await storage.requestLog.append([
      entry(),
      entry({ requestId: 'request-2', status: 429, refusedBy: 'rate_limited' }),
    ])
    const log = ['log', '--client', client.id]
    t.equal((await json(log, env)).requests.length, 2)
    t.match(await json([...log, '--status', '429'], env), {
      requests: [{ request_id: 'request-2', refused_by: 'rate_limited', domain_id: null, facts: {} }],
    })
    t.match(await json(['log', '--workspace', workspace.id, '--refused-by', 'ip_not_allowed'], env), {
      requests: [{ request_id: 'request-1' }],
    })
    for (const ip of ['192.0.2.1', '::ffff:192.0.2.1'])
      t.equal((await json([...log, '--ip', ip], env)).requests.length, 2, ip)
    t.equal((await json([...log, '--ip', '192.0.2.2'], env)).requests.length, 0)
    t.match(await xwms([...log, '--ip', '192.0.2'], env), { code: 2, stderr: /Give an IPv4 or IPv6 address/ })
    t.match((await xwms(log, env)).stdout, /^at +status +refused by +route/)
    t.match(await xwms(['log', '--client', 'cl_1'], env), { code: 2, stderr: /There is no client/ })
    await storage.requestLog.append([entry({ clientId: 'cl_gone', requestId: 'request-gone' })])
    const gone = await json(['log', '--workspace', workspace.id, '--client', 'cl_gone'], env)
    t.strictSame(
      gone.requests.map(({ request_id }: { request_id: string }) => request_id),
      ['request-gone'],
      'of a client that is gone, by the workspace that it was of',
    )
  })

  await t.test('what comes is followed until somebody has seen enough', async t => {
    const child = spawn(process.execPath, [main, 'log', '--client', client.id, '--follow', '--json'], {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
    const writing = setInterval(() => {
      void storage.requestLog.append([entry({ requestId: `followed-${writing}` })])
    }, 500)
    t.teardown(() => clearInterval(writing))
    const first = JSON.parse(String((await lines.next()).value))
    const second = JSON.parse(String((await lines.next()).value))
    t.match([first, second], [{ status: 403, client_id: client.id }, { status: 403 }])
    t.not(first.id, second.id, 'each is printed once')
    child.kill('SIGINT')
    const [code] = await once(child, 'exit')
    t.equal(code, 0)
  })

  await t.test('it is followed through a restart of PostgreSQL', async t => {
    const relay = await startRelay(database.url)
    t.teardown(() => relay.interrupt())
    const child = spawn(process.execPath, [main, 'log', '--client', client.id, '--follow', '--json'], {
      env: { PATH: process.env.PATH, DATABASE_URL: relay.url },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    t.teardown(() => child.kill())
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
    const told = createInterface(child.stderr)[Symbol.asyncIterator]()
    const next = async () => JSON.parse(String((await lines.next()).value)).request_id
    const writing = setInterval(() => {
      void storage.requestLog.append([entry({ requestId: 'before' })])
    }, 500)
    t.teardown(() => clearInterval(writing))
    t.equal(await next(), 'before')
    clearInterval(writing)
    await relay.interrupt()
    t.match((await told.next()).value, /away/)
    await storage.requestLog.append([entry({ requestId: 'meanwhile' })])
    await relay.resume()
    t.match((await told.next()).value, /back/)
    while ((await next()) !== 'meanwhile') {}
    child.kill('SIGINT')
    t.strictSame(await once(child, 'exit'), [0, null])
  })

  await t.test('events are listed', async t => {
    const event: WorkspaceEvent = {
      id: randomUUID(),
      at: new Date(),
      workspaceId: workspace.id,
      clientId: undefined,
      type: 'usage.allowance',
      key: 'quota',
      message: 'Half of the requests are used.',
      data: { percent: 50 },
    }
    await storage.workspaceEvents.record(event)
    const events = ['events', '--workspace', workspace.id]
    t.match(await json(events, env), { events: [{ id: event.id, type: 'usage.allowance', client_id: null }] })
    t.strictSame(await json([...events, '--type', 'abuse.secret_guessing'], env), { events: [] })
    const both = [...events, '--type', 'abuse.secret_guessing', '--type', 'usage.allowance']
    t.match(await json(both, env), { events: [{ id: event.id }] })
    t.match(await xwms([...events, '--type', 'nope'], env), {
      code: 2,
      stderr: /Give one of usage\.allowance, .*secret\.unusual_address\./,
    })
  })

  await t.test('blocks are listed and lifted', async t => {
    const block: Block = {
      id: randomUUID(),
      subject: 'ip:secret 192.0.2.7',
      answer: 'block',
      reason: 'secret_guessing',
      score: 120,
      workspaceId: workspace.id,
      clientId: client.id,
      exempt: [],
      createdAt: new Date(),
      expiresAt: new Date(Date.now() + 3_600_000),
      liftedAt: undefined,
      facts: {},
    }
    const nobodys = { ...block, id: randomUUID(), subject: 'login:sign_in x', workspaceId: undefined }
    await storage.blocks.add(block)
    await storage.blocks.add(nobodys)
    t.equal((await json(['block', 'list'], env)).blocks.length, 2)
    const ofWorkspace = ['block', 'list', '--workspace', workspace.id]
    t.match(await json(ofWorkspace, env), { blocks: [{ id: block.id, in_force: true }] })
    const lift = ['block', 'lift', '--block', block.id]
    t.match(await json(lift, env), { id: block.id, outcome: 'lifted', in_force: false })
    t.match(await json(lift, env), { outcome: 'already_over' })
    t.match(await json(ofWorkspace, env), { blocks: [{ id: block.id, in_force: false }] })
    t.match(await json(['block', 'lift', '--block', nobodys.id], env), { outcome: 'lifted' })
    t.match(await xwms(['block', 'lift', '--block', 'blk_1'], env), {
      code: 2,
      stderr: 'error: There is no block "blk_1".\n',
    })
  })
})
