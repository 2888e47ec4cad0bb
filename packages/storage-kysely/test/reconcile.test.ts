import {
  type Config,
  DEFAULT_PLANS,
  invoiceDocument,
  type MonthFacts,
  type MonthTerms,
  monthAfter,
  monthCost,
  type Plan,
  type Price,
  type ReconcileReport,
  readInvoiceDocument,
  reconcile,
} from '@xwms/core'
import { fixtures } from '@xwms/storage-contract'
import t from 'tap'
import { books } from '../../../test/support/books.ts'
import { sampleInvoice } from '../../../test/support/invoices.ts'

const MARCH = new Date('2026-03-01T00:00:00Z')
const APRIL = monthAfter(MARCH)
const now = new Date('2026-04-20T10:30:00Z')
const retention: Config['retention'] = {
  eventDays: 400,
  requestLogDays: 30,
  auditDays: 400,
  everySeconds: 600,
}

const { storage, client } = await books(t)

const { id: workspaceId } = await fixtures.storedWorkspace(storage, { createdAt: MARCH })
const { id: other } = await fixtures.storedWorkspace(storage, { createdAt: MARCH })
const request = (given = {}) =>
  fixtures.meteredRequest({ workspaceId, route: 'GET /größe', at: MARCH, ...given })

const check = (given: Partial<Parameters<typeof reconcile>[1]> = {}, eventDays = 400) =>
  reconcile(
    { storage, config: { retention: { ...retention, eventDays } }, now },
    { from: MARCH, to: APRIL, ...given },
  )

/** Damages the books, sees what is said of it, and mends them again. */
async function damaged(statement: string): Promise<ReconcileReport> {
  await client.query('set session_replication_role = replica')
  await client.query(statement)
  return await check()
}

async function close(month: Date): Promise<void> {
  await storage.invoices.close(workspaceId, month, now, ({ usage, earlierMonths }, sequence) => ({
    invoice: {
      ...sampleInvoice({ usage, earlierMonths }),
      workspaceId,
      month,
      number: `INV-2026-00000${sequence}`,
    },
    audit: fixtures.audit({ workspaceId }),
  }))
}

t.test('books that agree are said to, over late events and months that are open', async t => {
  const batch = [
    request(),
    request({ status: 404 }),
    request({ status: 503, priceNanoEuro: 0 }),
    request({ mode: 'test', priceNanoEuro: 0 }),
    request({ priceNanoEuro: 20_000, clientId: 'two', domainId: undefined }),
    request({ workspaceId: other }),
  ]
  await storage.usage.append(fixtures.usageBatch(batch))
  await close(MARCH)
  await storage.usage.append(fixtures.usageBatch([...batch, request({ at: APRIL })]))
  t.strictSame(await check(), {
    events: 13n,
    counted: 13n,
    billable: 9n,
    differing: 0,
    differences: [],
    invoices: 1,
    withoutTerms: 0,
    withoutWords: 0,
    eventsSince: undefined,
  })
  t.match(await check({ to: MARCH }), { events: 7n, counted: 7n, differing: 0 })
  t.match(await check({ workspaceId: other }), { events: 2n, invoices: 0, differing: 0 })
  t.match(await check({ workspaceId: 'nobody' }), { events: 0n, differing: 0 })
})

t.test('each account that is damaged is named, with what it should say', async t => {
  const march = { workspaceId, month: MARCH }
  const at = (unit: number, hour: string, of = 'client two, no domain') =>
    `GET /größe, live, 2xx, at ${unit}, ${of}, 2026-${hour}:00Z`
  const price = at(20_000, '03-01T00')
  const of20 = `price_nano_euro = 20000 and month = '2026-03-01Z'`
  const counts20 = `month = '2026-03-01Z' and shape in (select id from xwms.usage_shapes where unit_price_nano_euro = 20000)`
  const onInvoice = { check: 'counters_invoice', ...march }
  const replaced = (one: string, other: string) =>
    `update xwms.invoices set document = replace(document::text, '${one}', '${other}')::json`
  const moved = (from: string, to: string) =>
    [
      { check: 'events_counters', ...march, item: from, expected: 0n, found: 1n },
      { check: 'events_counters', ...march, item: to, expected: 1n, found: 0n },
    ].sort((a, b) => (a.item < b.item ? -1 : 1))
  const table: [damage: string, remedy: string, differences: object[]][] = [
    [
      `delete from xwms.usage_events where price_nano_euro = 20000 and month = '2026-03-01Z'`,
      `insert into xwms.usage_events select * from kept_events where price_nano_euro = 20000 and month = '2026-03-01Z'`,
      [{ check: 'events_counters', ...march, item: price, expected: 0n, found: 1n }],
    ],
    [
      `insert into xwms.usage_events select * from kept_events where price_nano_euro = 20000 and month = '2026-03-01Z'`,
      `delete from xwms.usage_events where ctid in (select max(ctid) from xwms.usage_events where price_nano_euro = 20000 and month = '2026-03-01Z')`,
      [{ check: 'events_counters', ...march, item: price, expected: 2n, found: 1n }],
    ],
    [
      `update xwms.usage_counts set requests = requests + 5 where month = '2026-04-01Z' and shape in (select id from xwms.usage_shapes where mode = 'test')`,
      `update xwms.usage_counts set requests = requests - 5 where month = '2026-04-01Z' and shape in (select id from xwms.usage_shapes where mode = 'test')`,
      [
        {
          check: 'events_counters',
          workspaceId,
          month: APRIL,
          item: `GET /größe, test, 2xx, at 0, client client, domain dom_1, 2026-03-01T00:00Z`,
          expected: 1n,
          found: 6n,
        },
      ],
    ],
    [
      `update xwms.usage_counts set hour = hour + interval '30 hours' where ${counts20}`,
      `update xwms.usage_counts set hour = hour - interval '30 hours' where ${counts20}`,
      moved(at(20_000, '03-02T06'), price),
    ],
    [
      `update xwms.usage_events set at = at + interval '3 hours' where ${of20}`,
      `update xwms.usage_events set at = at - interval '3 hours' where ${of20}`,
      moved(price, at(20_000, '03-01T03')),
    ],
    [
      `update xwms.usage_events set client_id = 'three' where ${of20}`,
      `update xwms.usage_events set client_id = 'two' where ${of20}`,
      moved(price, at(20_000, '03-01T00', 'client three, no domain')),
    ],
    [
      `update xwms.usage_events set domain_id = 'dom_9' where ${of20}`,
      `update xwms.usage_events set domain_id = null where ${of20}`,
      moved(price, at(20_000, '03-01T00', 'client two, domain dom_9')),
    ],
    [
      replaced('"number":"INV-2026-000001"', '"number":"INV-2026-000002"'),
      replaced('"number":"INV-2026-000002"', '"number":"INV-2026-000001"'),
      [
        {
          ...onInvoice,
          item: 'INV-2026-000001: number',
          expected: 'INV-2026-000001',
          found: 'INV-2026-000002',
        },
      ],
    ],
    [
      replaced('"gross":"EUR 34.51"', '"gross":"EUR 99.51"'),
      replaced('"gross":"EUR 99.51"', '"gross":"EUR 34.51"'),
      [{ ...onInvoice, item: 'INV-2026-000001: gross', expected: 'EUR 34.51', found: 'EUR 99.51' }],
    ],
    [
      replaced('"free":2', '"free":"two"'),
      replaced('"free":"two"', '"free":2'),
      [
        {
          ...onInvoice,
          item: 'INV-2026-000001: document',
          expected: 'an invoice',
          found: 'lines.0.free must be a whole number, not below 0.',
        },
      ],
    ],
    [
      replaced('"fee_nano_euro":"29000000000"', `"fee_nano_euro":"${'9'.repeat(400)}"`),
      replaced(`"fee_nano_euro":"${'9'.repeat(400)}"`, '"fee_nano_euro":"29000000000"'),
      [
        {
          ...onInvoice,
          item: 'INV-2026-000001: document',
          expected: 'an invoice',
          found: 'fee_nano_euro must be at most 2^53 - 1 nano-euro.',
        },
      ],
    ],
    [
      `update xwms.month_totals set requests = 9 where workspace_id = '${other}' and month = '2026-03-01Z'`,
      `update xwms.month_totals set requests = 2 where workspace_id = '${other}' and month = '2026-03-01Z'`,
      [
        {
          check: 'counters_month_totals',
          workspaceId: other,
          month: MARCH,
          item: 'billable, at 10000',
          expected: 2n,
          found: 9n,
        },
      ],
    ],
    [
      `delete from xwms.month_totals where unit_price_nano_euro = 20000 and month = '2026-03-01Z'`,
      `insert into xwms.month_totals values ('${workspaceId}', '2026-03-01Z', 20000, 1)`,
      [{ check: 'counters_month_totals', ...march, item: 'billable, at 20000', expected: 1n, found: 0n }],
    ],
    [
      `update xwms.invoices set document = replace(document::text, '"gross_cents":3451', '"gross_cents":3450')::json`,
      `update xwms.invoices set document = replace(document::text, '"gross_cents":3450', '"gross_cents":3451')::json`,
      [
        {
          check: 'counters_invoice',
          ...march,
          item: 'INV-2026-000001: grossCents',
          expected: 3451n,
          found: 3450n,
        },
      ],
    ],
    [
      `update xwms.invoices set document = replace(document::text, '"free":2', '"free":3')::json`,
      `update xwms.invoices set document = replace(document::text, '"free":3', '"free":2')::json`,
      [
        {
          check: 'counters_invoice',
          ...march,
          item: 'INV-2026-000001: GET /größe, at 20000, free',
          expected: 2n,
          found: 3n,
        },
      ],
    ],
    [
      `update xwms.invoices set document = replace(document::text, '"earlier_months":[]', '"earlier_months":[{"month":"2026-02","requests":4}]')::json`,
      `update xwms.invoices set document = replace(document::text, '"earlier_months":[{"month":"2026-02","requests":4}]', '"earlier_months":[]')::json`,
      [
        {
          check: 'counters_invoice',
          ...march,
          item: 'INV-2026-000001: requests of 2026-02',
          expected: 0n,
          found: 4n,
        },
      ],
    ],
    [
      `update xwms.workspace_months set closed_at = null where month = '2026-03-01Z' and workspace_id = '${workspaceId}'`,
      `update xwms.workspace_months set closed_at = now() where month = '2026-03-01Z' and workspace_id = '${workspaceId}'`,
      [{ check: 'closed_months_invoices', ...march, item: 'INV-2026-000001', expected: 0n, found: 1n }],
    ],
    [
      `delete from xwms.invoices`,
      `insert into xwms.invoices select * from kept_invoices`,
      [
        { check: 'closed_months_invoices', ...march, item: 'an invoice', expected: 1n, found: 0n },
        {
          check: 'numbers_invoices',
          workspaceId: undefined,
          month: undefined,
          item: 'invoices of 2026',
          expected: 1n,
          found: 0n,
        },
      ],
    ],
  ]
  await client.query('create table kept_events as select * from xwms.usage_events')
  await client.query('create table kept_invoices as select * from xwms.invoices')
  for (const [damage, remedy, differences] of table) {
    const report = await damaged(damage)
    t.strictSame(report.differences, differences, damage)
    t.equal(report.differing, differences.length)
    await client.query(remedy)
  }
  t.match(await check(), { differing: 0 }, 'everything was put right again')
})

t.test('an invoice that was falsified in every place alike is found out by what its close kept', async t => {
  const [{ document }] = (await client.query('select document from xwms.invoices')).rows
  const honest = readInvoiceDocument(document)
  const falsify = async (terms: MonthTerms, plan = honest.plan) => {
    const { usage } = (await storage.invoices.facts(workspaceId, MARCH)) as MonthFacts
    const false_ = { ...honest, ...monthCost(usage, terms), plan }
    await store(invoiceDocument(false_))
    const { differences } = await check()
    await store(document)
    return Object.fromEntries(
      differences.map(({ item, expected, found }) => [
        item.replace(/^INV-2026-000001: /, ''),
        [expected, found],
      ]),
    )
  }
  const store = async (document: object) => {
    await client.query('set session_replication_role = replica')
    await client.query('update xwms.invoices set document = $1', [JSON.stringify(document)])
    await client.query('set session_replication_role = origin')
  }
  const terms = {
    feeNanoEuro: Number(honest.feeNanoEuro),
    includedRequests: honest.plan.includedRequests,
    vatBasisPoints: honest.vatBasisPoints,
  }
  t.strictSame(await falsify(terms), {})
  t.strictSame(await falsify({ ...terms, vatBasisPoints: 0 }), {
    vatBasisPoints: [1900n, 0n],
    vatCents: [551n, 0n],
    grossCents: [3451n, 2900n],
    vat: ['EUR 5.51', 'EUR 0.00'],
    gross: ['EUR 34.51', 'EUR 29.00'],
  })
  t.match(await falsify({ ...terms, feeNanoEuro: 0 }), {
    feeNanoEuro: [29_000_000_000n, 0n],
    netNanoEuro: [29_000_000_000n, 0n],
    grossCents: [3451n, 0n],
  })
  t.match(await falsify({ ...terms, includedRequests: 0 }, { ...honest.plan, includedRequests: 0 }), {
    includedRequests: [100n, 0n],
    'GET /größe, at 20000, billable': [0n, 1n],
    netNanoEuro: [29_000_000_000n, 29_000_040_000n],
  })
  t.strictSame(await falsify(terms, { ...honest.plan, name: 'basic' }), { plan: ['enterprise', 'basic'] })
})

t.test('each part of what an invoice says that was falsified is named', async t => {
  const [{ document, terms }] = (
    await client.query(
      'select document, terms from xwms.invoices join xwms.workspace_months using (workspace_id, month)',
    )
  ).rows
  const store = async (table: string, column: string, value: object | string) => {
    await client.query('set session_replication_role = replica')
    await client.query(`update xwms.${table} set ${column} = $1 where month = '2026-03-01Z'`, [value])
  }
  const number = 'INV-2026-000001'
  const { seller, customer, plan } = document
  const parts: [given: object, item: string, expected: string, found: string][] = [
    [{ seller: { ...seller, vat_id: 'DE987654321' } }, 'seller.vat_id', 'DE123456789', 'DE987654321'],
    [{ seller: { ...seller, payment_terms: 'IBAN FR00' } }, 'seller.payment_terms', 'nothing', 'IBAN FR00'],
    [{ customer: { ...customer, name: 'Acne' } }, 'customer.name', 'Acme', 'Acne'],
    [{ customer: { ...customer, vat_id: 'NL1' } }, 'customer.vat_id', 'nothing', 'NL1'],
    [{ customer: { ...customer, country: 'NL' } }, 'customer.country', 'nothing', 'NL'],
    [{ vat_note: 'Reverse charge' }, 'vat_note', 'nothing', 'Reverse charge'],
    [{ vat_note: 'nothing' }, 'vat_note', 'nothing', 'nothing'],
    [{ plan: { ...plan, title: 'Basic' } }, 'plan.title', 'Enterprise', 'Basic'],
    [
      { issued_at: '2026-11-03T08:00:00.000Z' },
      'issued_at',
      '2026-11-02T08:00:00.000Z',
      '2026-11-03T08:00:00.000Z',
    ],
    [
      { due_at: '2026-11-17T08:00:00.000Z' },
      'due_at',
      '2026-11-16T08:00:00.000Z',
      '2026-11-17T08:00:00.000Z',
    ],
  ]
  const falsified = { check: 'counters_invoice', workspaceId, month: MARCH }
  for (const [given, item, expected, found] of parts) {
    await store('invoices', 'document', { ...document, ...given })
    const difference = { ...falsified, item: `${number}: ${item}`, expected, found }
    t.strictSame((await check()).differences, [difference], item)
  }
  const other = 'INV-2026-000009'
  await store('invoices', 'document', { ...document, number: other })
  await store('invoices', 'number', other)
  t.strictSame(
    (await check()).differences,
    [{ ...falsified, item: `${other}: number`, expected: number, found: other }],
    'a number that was changed wherever it stands',
  )
  await store('invoices', 'number', number)
  await store('invoices', 'document', { ...document, vat_note: 'Reverse charge' })
  const { words, ...before } = terms
  await store('workspace_months', 'terms', before)
  t.match(
    await check(),
    { differing: 0, withoutTerms: 0, withoutWords: 1 },
    'nothing proves what was not kept',
  )
  await store('workspace_months', 'terms', { ...before, words: { ...words, seller: 5 } })
  t.match((await check()).differences, [
    { item: `${number}: terms`, expected: 'those of the close', found: /words\.seller must be / },
  ])
  await store('workspace_months', 'terms', terms)
  await store('invoices', 'document', document)
  t.match(await check(), { differing: 0, withoutWords: 0 })
})

t.test('counters that were falsified with their invoice differ from what was paid at each price', async t => {
  const [{ document }] = (await client.query('select document from xwms.invoices')).rows
  const change = async (by: number) => {
    await client.query('set session_replication_role = replica')
    await client.query(
      `update xwms.usage_counts set requests = requests + $1
       where month = '2026-03-01Z' and shape in (select id from xwms.usage_shapes where unit_price_nano_euro = 20000)`,
      [by],
    )
    const { usage } = (await storage.invoices.facts(workspaceId, MARCH)) as MonthFacts
    const terms = { feeNanoEuro: 29_000_000_000, includedRequests: 100, vatBasisPoints: 1900 }
    const made = invoiceDocument({ ...readInvoiceDocument(document), ...monthCost(usage, terms) })
    await client.query('update xwms.invoices set document = $1', [JSON.stringify(made)])
  }
  await change(4)
  const { differences } = await check()
  t.match(
    differences.filter(({ check }) => check === 'counters_invoice'),
    [{ item: 'INV-2026-000001: paid at 20000', expected: 1n, found: 5n }],
  )
  await change(-4)
  t.match(await check(), { differing: 0 })
})

t.test('terms that are missing or unreadable are a difference, and those never kept are not', async t => {
  const terms = async (value: string) => {
    await client.query('set session_replication_role = replica')
    await client.query(`update xwms.workspace_months set terms = ${value} where closed_at is not null`)
    return await check()
  }
  const [kept] = (await client.query(`select terms::text from xwms.workspace_months where terms is not null`))
    .rows
  const item = 'INV-2026-000001: terms'
  t.match(await terms('null'), {
    withoutTerms: 0,
    differences: [{ item, expected: 'those of the close', found: /must be an object/ }],
  })
  t.match(await terms(`'{"plan":5}'`), {
    differences: [{ item, found: /plan must be text; fee_nano_euro is required/ }],
  })
  t.match(await terms(`'{}'`), { withoutTerms: 1, withoutWords: 1, differing: 0, invoices: 1 })
  t.match(await terms(`'${kept.terms}'`), { withoutTerms: 0, differing: 0 })
})

t.test('a fee that an invoice has always borne is compared with what the plan says held then', async t => {
  const feeOf = async (monthlyFeeNanoEuro: Price) => {
    const plans = { basic: { ...DEFAULT_PLANS.basic, monthlyFeeNanoEuro } as Plan }
    const { differences } = await reconcile(
      { storage, config: { retention, plans }, now },
      { from: MARCH, to: APRIL },
    )
    return differences
  }
  const from = (day: number) => new Date(Date.UTC(2026, 2, day))
  const item = 'INV-2026-000001: feeNanoEuro'
  t.match(await feeOf([{ nanoEuro: 28_000_000_000 }, { nanoEuro: 29_000_000_000, from: from(32) }]), [
    { check: 'counters_invoice', item, expected: 28_000_000_000n, found: 29_000_000_000n },
  ])
  t.strictSame(await feeOf([{ nanoEuro: 28_000_000_000 }, { nanoEuro: 29_000_000_000, from: from(31) }]), [])
  t.strictSame(await feeOf(7), [], 'of one without a date nobody knows since when')
})

t.test('an invoice that cannot be read is named by whoever asks for it', async t => {
  await client.query(
    `update xwms.invoices set document = replace(document::text, '"free":2', '"free":"two"')::json`,
  )
  await t.rejects(storage.invoices.find('INV-2026-000001'), {
    message: 'The stored invoice INV-2026-000001 cannot be read.',
    cause: { code: 'invalid_input' },
  })
  await client.query(
    `update xwms.invoices set document = replace(document::text, '"free":"two"', '"free":2')::json`,
  )
})

t.test(
  'events that retention dropped are no difference, and it is said from when on they were compared',
  async t => {
    await client.query(`delete from xwms.usage_events where at < '2026-04-01Z'`)
    t.ok((await check()).differing > 0, 'within the retention they have to be there')
    const report = await check({}, 19)
    t.match(report, { eventsSince: new Date('2026-04-01T11:00:00Z'), events: 0n, counted: 0n, differing: 0 })
    await storage.usage.append(fixtures.usageBatch([request({ at: new Date('2026-04-01T11:00:00Z') })]))
    t.match(await check({}, 19), { events: 1n, counted: 1n, differing: 0 })
  },
)

t.test('a comparison sees one moment while requests go on being written', async t => {
  await client.query('truncate xwms.usage_events, xwms.usage_counts, xwms.month_totals')
  let writing = true
  const writer = (async () => {
    while (writing)
      await storage.usage.append(fixtures.usageBatch([request({ at: APRIL }), request({ at: APRIL })]))
  })()
  for (let round = 0; round < 10; round++) {
    const { differences } = await check({ from: APRIL })
    t.strictSame(differences, [])
  }
  writing = false
  await writer
})
