import { randomUUID } from 'node:crypto'
import t from 'tap'
import { closeMonth } from '../../../src/manage/invoices.ts'
import { changeCaps } from '../../../src/manage/limits.ts'
import { updateWorkspace } from '../../../src/manage/workspaces.ts'
import type { MeteredRequest } from '../../../src/model/usage.ts'
import { CONFIG, WORKSPACE } from '../../context/billing/invoices.ts'
import { AUDIT } from '../../context/surroundings.ts'
import { type Scene, scene } from './scene.ts'

/** What was metered, at this hour of March 2026, on the 4th of which it is five o'clock. */
async function meter(at: Scene, ...requests: readonly Partial<MeteredRequest>[]): Promise<void> {
  await at.storage.usage.append({
    id: randomUUID(),
    events: requests.map(request => ({
      at: new Date('2026-03-03T10:20:00Z'),
      workspaceId: at.workspaceId,
      clientId: at.shop.client.id,
      domainId: at.shop.domain.id,
      route: 'GET /orders',
      mode: 'live',
      sub: undefined,
      status: 200,
      durationMs: 1,
      priceNanoEuro: 10_000,
      requestId: 'request-1',
      caller: undefined,
      ...request,
    })),
    windows: [],
  })
}

/** A little of everything: six requests of this month, and one of the last. */
async function busy(): Promise<Scene> {
  const at = await scene()
  await meter(
    at,
    { at: new Date('2026-02-28T23:59:59Z') },
    { at: new Date('2026-03-02T00:00:00Z') },
    { at: new Date('2026-03-02T23:59:59Z'), status: 404 },
    {},
    { route: 'GET /stock', priceNanoEuro: 5 },
    { mode: 'test', priceNanoEuro: 0 },
    { at: new Date('2026-03-03T11:00:00Z'), domainId: undefined },
  )
  return at
}

const ask = async (at: Scene, query = '', headers = {}) =>
  at.manage(await at.token({ scope: 'manage:read' }), '/usage', { query, headers })

t.test('without a word it is this month, by day', async t => {
  const at = await busy()
  const { status, headers, body } = await ask(at)
  t.equal(status, 200)
  t.match(headers, { 'content-type': /^application\/json/, vary: 'accept' })
  const { month, ...rest } = body
  t.strictSame(rest, {
    workspace_id: at.workspaceId,
    from: '2026-03-01T00:00:00.000Z',
    to: '2026-03-04T05:06:07.089Z',
    interval: 'day',
    by: [],
    series: [
      { start: '2026-03-02T00:00:00.000Z', requests: 2, cost_nano_euro: '20000', cost: 'EUR 0.00002' },
      { start: '2026-03-03T00:00:00.000Z', requests: 4, cost_nano_euro: '20005', cost: 'EUR 0.000020005' },
    ],
    total: { requests: 6, cost_nano_euro: '40005', cost: 'EUR 0.000040005' },
    billed_later: [],
    next_cursor: null,
  })
  t.match(month, {
    month: '2026-03',
    invoice: null,
    so_far: {
      requests: 6,
      free: 1,
      included: 5,
      billable: 0,
      fee_nano_euro: '29000000000',
      net_nano_euro: '29000000000',
      net: 'EUR 29.00',
    },
    forecast: { net: 'EUR 29.00' },
    forecast_capped: false,
  })
})

t.test('what the month will cost is told as if it went on like this', async t => {
  const at = await busy()
  at.pass(86_400)
  const { so_far, forecast } = (await ask(at)).body.month
  t.equal(so_far.requests, 6)
  // It has been used before this month, of which a bit more than four days have passed.
  t.ok(forecast.requests > 6 * 7 && forecast.requests < 6 * 8, String(forecast.requests))
  t.equal(forecast.net, 'EUR 29.00', 'all of which the plan includes')
  await changeCaps(at.environment, at.workspaceId, { monthlyRequestCap: 20 })
  t.match((await ask(at)).body.month, { forecast: { included: 20 }, forecast_capped: true })
})

t.test('requests that came in after the invoice are told, and a closed month names it', async t => {
  const { seller, vatBasisPoints } = CONFIG.invoices
  const at = await scene({ invoices: { seller, vatBasisPoints } })
  const [FEBRUARY, MARCH] = [new Date('2026-02-01T00:00:00Z'), new Date('2026-03-01T00:00:00Z')]
  // There since before this year.
  await at.storage.workspaces.create({ ...WORKSPACE, id: 'ws_old' }, [], AUDIT)
  const shop = await at.client({ workspaceId: 'ws_old' })
  const of = { workspaceId: 'ws_old', clientId: shop.client.id, domainId: shop.domain.id }
  const token = await at.token({ scope: 'manage:read' }, shop)
  const usage = async (query: string) => {
    const answer = await at.ask('GET', '/manage/v1/workspaces/ws_old/usage', {
      query,
      headers: { authorization: `Bearer ${token}` },
    })
    return JSON.parse(answer.body)
  }
  const late = { ...of, at: new Date('2026-02-20T00:00:00Z') }
  await meter(at, ...Array(27).fill(late))
  const billing = {
    ...at.environment,
    storage: at.storage,
    config: { ...CONFIG, plans: at.environment.plans },
  }
  const close = (month: Date, now: Date) => closeMonth({ ...billing, now }, { workspaceId: 'ws_old', month })
  const { invoice } = await close(FEBRUARY, new Date('2026-03-01T00:10:00Z'))
  await meter(at, ...Array(18).fill(late), { ...of, at: new Date('2026-03-02T00:00:00Z') })

  const february = await usage('to=2026-03-01')
  t.equal(february.total.requests, 45)
  const later = { month: '2026-02', requests: 18, billed_in: '2026-03' }
  t.strictSame(february.billed_later, [{ ...later, invoice: null }])
  t.match(february.month, {
    month: '2026-02',
    invoice: invoice.number,
    so_far: { requests: 27 },
    forecast: null,
  })
  t.strictSame((await usage('to=2026-03-01&status_class=4')).billed_later, [])
  t.match(await usage(''), {
    billed_later: [],
    // One of them goes on as it came: of 31 days a bit more than three have passed.
    month: { month: '2026-03', invoice: null, so_far: { requests: 19 }, forecast: { requests: 28 } },
  })
  t.match((await usage('from=2026-02-01&to=2026-04-01')).month, { month: '2026-03' }, 'not what is to come')
  t.equal((await usage('to=2025-01-01')).month, null, 'before it was there')

  const next = await close(MARCH, new Date('2026-04-01T00:10:00Z'))
  t.strictSame(next.invoice.earlierMonths, [{ month: FEBRUARY, requests: 18n }])
  t.strictSame((await usage('to=2026-03-01')).billed_later, [{ ...later, invoice: next.invoice.number }])
})

t.test('it is told apart by interval and dimensions, in one order', async t => {
  const at = await busy()
  const rows = async (query: string) => (await ask(at, query)).body.series
  t.strictSame(
    (await rows('interval=hour')).map(({ start, requests }: Record<string, unknown>) => [start, requests]),
    [
      ['2026-03-02T00:00:00.000Z', 1],
      ['2026-03-02T23:00:00.000Z', 1],
      ['2026-03-03T10:00:00.000Z', 3],
      ['2026-03-03T11:00:00.000Z', 1],
    ],
  )
  t.match(await rows('interval=month&from=2026-01-01'), [
    { start: '2026-02-01T00:00:00.000Z', requests: 1 },
    { start: '2026-03-01T00:00:00.000Z', requests: 6 },
  ])
  t.strictSame(await rows('interval=none&by=route,price'), [
    {
      route: 'GET /orders',
      unit_price_nano_euro: '0',
      requests: 1,
      cost_nano_euro: '0',
      cost: 'EUR 0.00',
    },
    {
      route: 'GET /orders',
      unit_price_nano_euro: '10000',
      requests: 4,
      cost_nano_euro: '40000',
      cost: 'EUR 0.00004',
    },
    {
      route: 'GET /stock',
      unit_price_nano_euro: '5',
      requests: 1,
      cost_nano_euro: '5',
      cost: 'EUR 0.000000005',
    },
  ])
  t.match(await rows('interval=none&by=domain'), [
    { domain_id: at.shop.domain.id, requests: 5 },
    { domain_id: null, requests: 1 },
  ])
  t.match(await rows('interval=none&by=client&by=mode&by=status_class'), [
    { client_id: at.shop.client.id, mode: 'live', status_class: 2, requests: 4 },
    { client_id: at.shop.client.id, mode: 'live', status_class: 4, requests: 1 },
    { client_id: at.shop.client.id, mode: 'test', status_class: 2, requests: 1 },
  ])
})

t.test('it is narrowed by each of them, the total too', async t => {
  const at = await busy()
  const table: [query: string, requests: number][] = [
    [`client_id=${at.shop.client.id}`, 6],
    ['client_id=cl_other', 0],
    [`domain_id=${at.shop.domain.id}`, 5],
    ['route=GET%20/stock', 1],
    ['mode=test', 1],
    ['status_class=4xx', 1],
    ['status_class=2', 5],
    ['from=2026-03-03', 4],
    ['to=2026-03-03', 2],
    ['to=2026-03-01', 1],
    ['from=2026-03-03T10:00Z&to=2026-03-03T13:00%2B02:00', 3],
    ['from=2026-03-03T10:00Z&mode=live&route=GET%20/orders&by=domain', 2],
  ]
  for (const [query, requests] of table) {
    const { body } = await ask(at, query)
    t.equal(body.total?.requests, requests, query)
    const sum = body.series.reduce((all: number, row: { requests: number }) => all + row.requests, 0)
    t.equal(sum, requests, query)
  }
})

t.test('as CSV it is the same rows, by format or by Accept', async t => {
  const at = await busy()
  await meter(at, { route: '=HYPERLINK("https://evil.example")', priceNanoEuro: 0 })
  const { status, headers, text } = await ask(at, 'interval=none&by=route,domain', { accept: 'text/csv' })
  t.equal(status, 200)
  t.match(headers, { 'content-type': /^text\/csv/, 'cache-control': 'no-store', vary: 'accept' })
  t.equal(
    text,
    [
      'domain_id,route,requests,cost_nano_euro',
      `${at.shop.domain.id},"'=HYPERLINK(""https://evil.example"")",1,0`,
      `${at.shop.domain.id},GET /orders,4,30000`,
      `${at.shop.domain.id},GET /stock,1,5`,
      ',GET /orders,1,10000',
      '',
    ].join('\r\n'),
  )
  const byName = await ask(at, 'interval=none&by=route,domain&format=csv', { accept: 'application/json' })
  t.equal(byName.text, text)
  t.match((await ask(at, 'format=json', { accept: 'text/csv' })).headers['content-type'], /json/)
  const page = await ask(at, 'format=csv&limit=1')
  t.match(page.text, /^start,requests,cost_nano_euro\r\n2026-03-02T00:00:00.000Z,2,20000\r\n$/)
  t.match(page.headers.link, /cursor=[\w-]+>; rel="next"$/)
})

t.test('a long series comes in pages, each row once', async t => {
  const at = await busy()
  const whole = (await ask(at, 'interval=hour&by=domain,route,mode,client,status_class,price')).body.series
  const seen: object[] = []
  let query = 'interval=hour&by=domain,route,mode,client,status_class,price&limit=1'
  for (;;) {
    const { headers, body } = await ask(at, query)
    seen.push(...body.series)
    t.equal(body.total.requests, 6, 'the total is of all pages')
    if (headers.link === undefined) break
    query = new URL(/<(.*)>/.exec(String(headers.link))?.[1] ?? '').search.slice(1)
    t.equal(new URLSearchParams(query).get('cursor'), body.next_cursor)
  }
  t.strictSame(seen, whole)
})

t.test('a cursor goes on with the question that it is of, and with no other', async t => {
  const at = await busy()
  const asked = 'from=2026-03-01&interval=hour&by=route,mode'
  const { next_cursor: cursor } = (await ask(at, `${asked}&limit=1`)).body
  for (const same of [`${asked}&limit=2`, `by=route,mode&interval=hour&from=2026-03-01&limit=1&format=csv`])
    t.equal((await ask(at, `${same}&cursor=${cursor}`)).status, 200, same)
  for (const other of [
    '',
    'from=2026-03-01&interval=hour',
    'from=2026-03-01&interval=hour&by=client',
    'from=2026-03-01&interval=month&by=route,mode',
    'from=2026-03-02&interval=hour&by=route,mode',
    `${asked}&to=2026-03-03`,
    `${asked}&mode=live`,
    `${asked}&client_id=${at.shop.client.id}`,
  ]) {
    const { status, body } = await ask(at, `${other}&cursor=${cursor}`)
    t.equal(status, 422, other)
    t.match(body, {
      code: 'validation_failed',
      fields: { cursor: /^must be the next_cursor of the page before; / },
    })
  }
})

t.test('a month that begins between two pages is another question', async t => {
  const at = await busy()
  const { next_cursor: cursor } = (await ask(at, 'limit=1')).body
  t.equal((await ask(at, `limit=1&cursor=${cursor}`)).status, 200)
  at.pass(31 * 86_400)
  const accessToken = await at.token()
  const { status, body } = await at.manage(accessToken, '/usage', { query: { cursor } })
  t.equal(status, 422)
  t.match(body.fields, { cursor: /something else was asked for/ })
})

t.test('every bad parameter is named at once', async t => {
  const at = await scene()
  const bad = 'from=yesterday&to=2026-03-03T10:30Z&interval=week&by=moon&mode=fast&status_class=9&format=pdf'
  const { status, body } = await ask(at, `${bad}&limit=10001&cursor=x&client_id='--&page=2`)
  t.equal(status, 422)
  t.strictSame(Object.keys(body.fields).sort(), [
    'by.0',
    'client_id',
    'cursor',
    'format',
    'from',
    'interval',
    'limit',
    'mode',
    'page',
    'status_class',
    'to',
  ])
  t.match(body.fields, { to: /whole hour/, from: /must be a day/ })
  const table: [query: string, field: string, problem: string][] = [
    ['from=2026-03-03&to=2026-03-03', 'from', 'must be before to'],
    ['from=2026-03-04&to=2026-03-03', 'from', 'must be before to'],
    ['from=2026-03-05', 'from', 'must not be in the future'],
  ]
  for (const [query, field, problem] of table)
    t.match((await ask(at, query)).body, { code: 'validation_failed', fields: { [field]: problem } })
})

t.test('a route can be asked for by the longest name that protect() takes', async t => {
  const at = await scene()
  const route = 'é'.repeat(512)
  await meter(at, { route }, { route }, { route: 'GET /stock' }, { route: 'ü' })
  t.equal((await ask(at, new URLSearchParams({ route }).toString())).body.total.requests, 2)
  t.equal((await ask(at, new URLSearchParams({ route: `${route}é` }).toString())).status, 422)
  const pages = 'interval=none&by=route&limit=1'
  let page = await ask(at, pages)
  const seen: string[] = []
  for (; page.body.next_cursor; page = await ask(at, `${pages}&cursor=${page.body.next_cursor}`))
    seen.push(page.body.series[0].route)
  t.strictSame([...seen, page.body.series[0].route], ['GET /stock', route, 'ü'], 'and stands in a cursor')
})

t.test('nothing that stands in a query becomes more than a value', async t => {
  const at = await busy()
  for (const text of [
    "'; drop table usage_counters; --",
    '%',
    '_',
    '*',
    "GET /orders' or '1'='1",
    '\\',
    '$1',
  ]) {
    const { status, body } = await ask(at, new URLSearchParams({ route: text }).toString())
    t.equal(status, 200, text)
    t.equal(body.total.requests, 0, text)
  }
  for (const query of ['route=%00', 'route=a%0d%0aset-cookie:a', 'client_id=%00', 'route=a&route=b'])
    t.equal((await ask(at, query)).status, 422, query)
})

t.test('a forged cursor leads nowhere, and never to somebody else', async t => {
  const at = await busy()
  const other = await at.client()
  await meter(at, { workspaceId: other.client.workspaceId, clientId: other.client.id })
  const forged = (place: unknown, question: string) =>
    question + Buffer.from(JSON.stringify(place)).toString('base64url')
  const questionOf = async (query: string) =>
    (await ask(at, `${query}&limit=1`)).body.next_cursor.slice(0, 12)
  const pages = 'by=client,route&interval=none'
  const beginning = forged([0, '', '', '', null, 0, 0], await questionOf(pages))
  const { status, body } = await ask(at, `cursor=${beginning}&${pages}`)
  t.equal(status, 200)
  t.notMatch(JSON.stringify(body), other.client.id)
  const question = await questionOf('')
  for (const place of [
    [],
    {},
    null,
    'x',
    [0],
    [-1, null, null, null, null, null, null],
    [1e300, null, null, null, null, null, null],
    [null, 'a\0', null, null, null, null, null],
    [null, null, null, 5, null, null, null],
    [null, null, null, null, 'both', null, null],
    [null, null, null, null, null, 10, null],
    [null, null, null, null, null, null, 0.5],
    [null, null, null, null, null, null, null, null],
  ]) {
    const { status, body } = await ask(at, `cursor=${forged(place, question)}`)
    t.equal(status, 422, JSON.stringify(place))
    t.match(body.fields, { cursor: /next_cursor/ })
  }
})

t.test('of a plan that is configured no more there is no month to tell', async t => {
  const plans = { other: { title: 'Other', monthlyFeeNanoEuro: 0, includedRequests: 1, hardCap: false } }
  const at = await scene()
  const accessToken = await at.token()

  await updateWorkspace({ ...at.environment, plans }, at.workspaceId, { plan: 'other' })
  const { status, body } = await at.manage(accessToken, '/usage')
  t.equal(status, 200)
  t.equal(body.month, null)
})
