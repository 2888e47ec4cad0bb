import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { RequestLogEntry } from '../../../src/model/usage.ts'
import { type Scene, scene } from './scene.ts'

function entry(at: Scene, minutesAgo: number, over: Partial<RequestLogEntry> = {}): RequestLogEntry {
  return {
    id: randomUUID(),
    at: new Date(at.now().getTime() - minutesAgo * 60_000),
    requestId: `request-${minutesAgo}`,
    workspaceId: at.workspaceId,
    clientId: at.shop.client.id,
    domainId: at.shop.domain.id,
    route: 'GET /orders',
    status: 403,
    durationMs: 2,
    ip: '203.0.113.10',
    userAgent: 'curl/8',
    refusedBy: 'ip_not_allowed',
    facts: { ip: '203.0.113.10' },
    ...over,
  }
}

t.test('the log tells of each request what is known of it, newest first', async t => {
  const at = await scene()
  const refused = entry(at, 2)
  const admitted = entry(at, 1, { status: 200, refusedBy: undefined, facts: {}, domainId: undefined })
  await at.storage.requestLog.append([refused, admitted, entry(at, 60 * 24 * 8)])
  const { status, body } = await at.manage(await at.tokenOf('developer', 'manage:read'), '/requests')
  t.equal(status, 200)
  t.strictSame(body, {
    requests: [
      {
        id: admitted.id,
        at: admitted.at.toISOString(),
        request_id: 'request-1',
        client_id: at.shop.client.id,
        domain_id: null,
        route: 'GET /orders',
        status: 200,
        duration_ms: 2,
        ip: '203.0.113.10',
        user_agent: 'curl/8',
        refused_by: null,
        facts: {},
      },
      {
        id: refused.id,
        at: refused.at.toISOString(),
        request_id: 'request-2',
        client_id: at.shop.client.id,
        domain_id: at.shop.domain.id,
        route: 'GET /orders',
        status: 403,
        duration_ms: 2,
        ip: '203.0.113.10',
        user_agent: 'curl/8',
        refused_by: 'ip_not_allowed',
        facts: { ip: '203.0.113.10' },
      },
    ],
    next_cursor: null,
  })
})

t.test('it is searched by what is known, and read a page at a time', async t => {
  const at = await scene()
  await at.storage.requestLog.append([
    entry(at, 1, { status: 429, refusedBy: 'rate_limited' }),
    entry(at, 2, { ip: '2001:db8::1' }),
    entry(at, 3, { route: 'POST /orders', clientId: 'cl_other', domainId: 'dom_other' }),
    entry(at, 4, { status: 200, refusedBy: undefined }),
    entry(at, 60 * 24 * 8, { requestId: 'an-old-request' }),
  ])
  const accessToken = await at.token()
  const found = async (query: string) => {
    const { status, body } = await at.manage(accessToken, '/requests', { query })
    t.equal(status, 200, query)
    return body.requests.map(({ request_id }: { request_id: string }) => request_id)
  }
  const table: [query: string, found: string[]][] = [
    ['status=429', ['request-1']],
    ['status_class=4xx', ['request-1', 'request-2', 'request-3']],
    ['refused_by=rate_limited', ['request-1']],
    ['ip=2001:db8::1', ['request-2']],
    ['ip=2001:DB8:0::0:1', ['request-2']],
    ['ip=::ffff:203.0.113.10', ['request-1', 'request-3', 'request-4']],
    ['route=POST%20/orders', ['request-3']],
    ['client_id=cl_other', ['request-3']],
    ['domain_id=dom_other', ['request-3']],
    ['request_id=request-4', ['request-4']],
    ['request_id=an-old-request', []],
    ['request_id=an-old-request&from=2026-01-01', ['an-old-request']],
    ['to=2026-03-04T05:03:30Z', ['request-3', 'request-4']],
    ["route=' or 1=1 --", []],
  ]
  for (const [query, requests] of table) t.strictSame(await found(query), requests, query)

  const first = await at.manage(accessToken, '/requests', { query: 'limit=3' })
  const rest = await at.manage(accessToken, '/requests', {
    query: `limit=3&cursor=${first.body.next_cursor}`,
  })
  t.equal(first.body.requests.length, 3)
  t.match(rest.body, { requests: [{ request_id: 'request-4' }], next_cursor: null })
  for (const path of ['/requests?status=403', '/events?', '/blocks?']) {
    const [list = '', filter] = path.split('?')
    const query = `${filter}&cursor=${first.body.next_cursor}`
    const { status, body } = await at.manage(accessToken, list, { query })
    t.match(
      { status, body },
      { status: 422, body: { fields: { cursor: /something else was asked for/ } } },
      path,
    )
  }
})

t.test('every bad parameter is named at once', async t => {
  const at = await scene()
  const query =
    'status=999&status_class=x&refused_by=A&ip=1.2.3&from=x&to=y&limit=0&cursor=z&actor=me&client_id=%20'
  const { status, body } = await at.manage(await at.token(), '/requests', { query })
  t.equal(status, 422)
  t.equal(Object.keys(body.fields).length, 10)
  const turned = await at.manage(await at.token(), '/requests', { query: 'from=2026-03-03&to=2026-03-02' })
  t.match(turned, { status: 422, body: { fields: { from: 'must be before to' } } })
})

t.test('the log of somebody else is nobody’s', async t => {
  const at = await scene()
  const other = await at.client()
  await at.storage.requestLog.append([entry(at, 1, { workspaceId: other.client.workspaceId })])
  t.strictSame((await at.manage(await at.token(), '/requests')).body.requests, [])
  for (const role of ['viewer', 'billing'] as const)
    t.match(await at.manage(await at.tokenOf(role), '/requests'), {
      status: 403,
      body: { code: 'not_permitted' },
    })
})
