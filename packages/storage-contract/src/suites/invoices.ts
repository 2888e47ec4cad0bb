import {
  type ComposeInvoice,
  closedTerms,
  type Invoice,
  invoiceDocument,
  type LateQuery,
  type LateUsage,
  type MonthFacts,
  type MonthUsage,
  monthAfter,
  monthCost,
  type Storage,
  type Workspace,
} from '@xwms/core'
import type { Test } from 'tap'
import { type Suite, tally } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const MARCH = new Date('2026-03-01T00:00:00Z')
const APRIL = monthAfter(MARCH)
const MAY = monthAfter(APRIL)

/** A moment of a year that no other test issues invoices in, so that its numbers begin at 1. */
let years = 2030
const ownYear = () => new Date(Date.UTC(years++, 5, 1, 12))

function invoiceOf(facts: MonthFacts, number: string, now: Date): Invoice {
  return {
    ...monthCost(facts.usage, { feeNanoEuro: 1_000_000_000, includedRequests: 2, vatBasisPoints: 1900 }),
    number,
    workspaceId: facts.workspace.id,
    month: facts.month,
    issuedAt: now,
    dueAt: now,
    seller: { name: 'Größe GmbH', addressLines: ['Straße 1'], country: 'DE' },
    customer: {
      name: facts.workspace.name,
      addressLines: [],
      country: 'NL',
      vatId: undefined,
      email: undefined,
    },
    plan: { name: facts.planName, title: 'Plan', includedRequests: 2 },
    earlierMonths: facts.earlierMonths,
    vatNote: undefined,
  }
}

const composing =
  (now: Date): ComposeInvoice =>
  (facts, sequence) => ({
    invoice: invoiceOf(facts, `${now.getUTCFullYear()}-${String(sequence).padStart(6, '0')}`, now),
    audit: fixtures.audit({ workspaceId: facts.workspace.id, action: 'invoice.closed' }),
  })

const close = (storage: Storage, { id }: Workspace, month: Date, now: Date) =>
  storage.invoices.close(id, month, now, composing(now))

async function closed(
  t: Test,
  storage: Storage,
  workspace: Workspace,
  month: Date,
  now: Date,
): Promise<Invoice> {
  const result = await close(storage, workspace, month, now)
  if (result.outcome === 'closed') return result.invoice
  t.fail(result.outcome)
  throw new Error(result.outcome)
}

/** A row of a month's usage, to be compared in whatever order they come. */
const text = ({ requests, late, ...of }: MonthUsage) =>
  JSON.stringify({ ...of, requests: String(requests), late: String(late) })

const requests = ({ lines }: Invoice) => lines.reduce((sum, line) => sum + line.requests, 0n)

export const invoices: Suite = {
  name: 'invoices',
  async run(t, { storage, elsewhere, race }) {
    const workspaceOf = (createdAt = new Date('2026-01-05T00:00:00Z'), given: Partial<Workspace> = {}) =>
      fixtures.storedWorkspace(storage, { createdAt, ...given })
    const use = ({ id }: Workspace, at: Date, given = {}, times = 1) =>
      storage.usage.append(
        fixtures.usageBatch(
          Array.from({ length: times }, () => fixtures.meteredRequest({ workspaceId: id, at, ...given })),
        ),
      )

    await t.test('the facts of a month are its requests, summed up, and the plan at its end', async t => {
      const workspace = await workspaceOf()
      await use(workspace, MARCH, { clientId: 'one' }, 2)
      await use(workspace, new Date(APRIL.getTime() - 1), { clientId: 'two', domainId: undefined })
      await use(workspace, MARCH, { status: 404 })
      await use(workspace, MARCH, { mode: 'test', priceNanoEuro: 0 })
      await use(workspace, MARCH, { priceNanoEuro: Number.MAX_SAFE_INTEGER })
      await use(workspace, APRIL)
      const { usage, ...facts } = (await elsewhere.invoices.facts(workspace.id, MARCH)) as MonthFacts
      t.strictSame(facts, {
        workspace,
        month: MARCH,
        planName: 'basic',
        firstUsedAt: MARCH,
        earlierMonths: [],
      })
      const { route } = fixtures.meteredRequest()
      const live = { route, mode: 'live', statusClass: 2, unitPriceNanoEuro: 10_000 } as const
      t.strictSame(
        new Set(usage.map(text)),
        new Set(
          [
            { ...live, requests: 3n, late: 0n },
            { ...live, statusClass: 4, requests: 1n, late: 0n },
            { ...live, mode: 'test' as const, unitPriceNanoEuro: 0, requests: 1n, late: 0n },
            { ...live, unitPriceNanoEuro: Number.MAX_SAFE_INTEGER, requests: 1n, late: 0n },
          ].map(text),
        ),
      )
    })

    await t.test('what a client used that is gone since is on the invoice like everything else', async t => {
      const client = await fixtures.storedClient(storage)
      const workspace = (await storage.workspaces.find(client.workspaceId)) as Workspace
      const given = { clientId: client.id, domainId: fixtures.hash() }
      await use(workspace, MARCH, { clientId: 'stays' })
      await use(workspace, MARCH, given, 3)
      await storage.clients.delete(client.id, fixtures.audit({ workspaceId: workspace.id }))
      // It was under way when its client went.
      await use(workspace, MARCH, given)
      const { id: workspaceId } = workspace
      const series = { workspaceId, from: MARCH, to: APRIL, interval: 'none', by: ['client'] } as const
      const byClient = (await elsewhere.usage.series(series)).map(row => [row.clientId, row.requests])
      t.strictSame(
        new Map(byClient as [string, bigint][]),
        new Map([
          [client.id, 4n],
          ['stays', 1n],
        ]),
      )
      const invoice = await closed(t, storage, workspace, MARCH, ownYear())
      t.equal(requests(invoice), 5n)
      t.equal(invoice.netNanoEuro, invoice.feeNanoEuro + 30_000n, 'two of them are included')
      const compared = { workspaceId, from: MARCH, to: MARCH, eventsSince: MARCH }
      t.match(await elsewhere.reconciler.compare(compared, 10), { events: 5n, counted: 5n, differing: 0 })
    })

    await t.test('a change of plan counts from its moment on, and a workspace from its creation', async t => {
      const workspace = await workspaceOf(new Date('2026-02-10T00:00:00Z'))
      const update = (plan: string, at: Date) =>
        storage.workspaces.update({ ...workspace, plan }, fixtures.audit({ workspaceId: workspace.id, at }))
      await update('enterprise', APRIL)
      await update('enterprise', new Date(APRIL.getTime() + 1))
      await update('basic', new Date(MAY.getTime() - 1))
      const planAt = async (month: Date) => (await elsewhere.invoices.facts(workspace.id, month))?.planName
      t.equal(await planAt(MARCH), 'basic', 'the last moment of March is before the change')
      t.equal(await planAt(APRIL), 'basic')
      t.equal(await planAt(new Date('2026-02-01T00:00:00Z')), 'basic')
      t.equal(await planAt(new Date('2026-01-01T00:00:00Z')), undefined)
      await update('enterprise', MAY)
      t.equal(await planAt(APRIL), 'basic')
      t.equal(await planAt(MAY), 'enterprise')
      t.equal(await storage.invoices.facts('nobody', MARCH), undefined)
      t.equal((await storage.invoices.facts(workspace.id, MAY))?.firstUsedAt, undefined)
      await use(workspace, new Date('2026-03-10T10:59:00Z'), { clientId: 'one' })
      await use(workspace, APRIL)
      const first = new Date('2026-03-10T10:00:00Z')
      t.strictSame((await elsewhere.invoices.facts(workspace.id, MAY))?.firstUsedAt, first)
    })

    await t.test(
      'a closed month has an invoice, found and listed as it was made, and an audit entry',
      async t => {
        const now = ownYear()
        const workspace = await workspaceOf()
        await use(workspace, MARCH, { route: 'GET /größe' }, 5)
        const invoice = await closed(t, storage, workspace, MARCH, now)
        t.match(invoice, { number: `${now.getUTCFullYear()}-000001`, workspaceId: workspace.id })
        t.match(invoice.lines, [{ requests: 5n, included: 2n, billable: 3n }])
        t.strictSame(await elsewhere.invoices.find(invoice.number), invoice)
        t.strictSame(await elsewhere.invoices.list({ workspaceId: workspace.id }, 10), [invoice])
        t.match(await storage.audit.list(workspace.id, 1), [{ action: 'invoice.closed' }])
        t.equal(await storage.invoices.find('nothing'), undefined)
      },
    )

    await t.test('closing again changes nothing and gives the invoice that there is', async t => {
      const now = ownYear()
      const workspace = await workspaceOf()
      const invoice = await closed(t, storage, workspace, MARCH, now)
      t.strictSame(await close(elsewhere, workspace, MARCH, new Date(now.getTime() + 1)), {
        outcome: 'already_closed',
        invoice,
      })
      t.match(await closed(t, storage, workspace, APRIL, now), { number: `${now.getUTCFullYear()}-000002` })
    })

    await t.test('of several who close the same month one does, and no number is lost', async t => {
      const now = ownYear()
      const workspace = await workspaceOf()
      await use(workspace, MARCH)
      const results = await race(8, storage => close(storage, workspace, MARCH, now))
      t.strictSame(tally(results), { closed: 1, already_closed: 7 })
      const numbers = results.map(result => ('invoice' in result ? result.invoice.number : result.outcome))
      t.strictSame(new Set(numbers), new Set([`${now.getUTCFullYear()}-000001`]))
      t.match(await closed(t, storage, workspace, APRIL, now), { number: `${now.getUTCFullYear()}-000002` })
    })

    await t.test('numbers of many who close at once have no gap and no double', async t => {
      const now = ownYear()
      const workspaces = await Promise.all(Array.from({ length: 20 }, () => workspaceOf()))
      const results = await race(20, (storage, racer) =>
        close(storage, workspaces[racer] as Workspace, MARCH, now),
      )
      const numbers = results
        .map(result => ('invoice' in result ? result.invoice.number : result.outcome))
        .sort()
      t.strictSame(
        numbers,
        workspaces.map((_, index) => `${now.getUTCFullYear()}-${String(index + 1).padStart(6, '0')}`),
      )
    })

    await t.test('an invoice that cannot be composed takes no number and leaves the month open', async t => {
      const now = ownYear()
      const workspace = await workspaceOf()
      const failing = storage.invoices.close(workspace.id, MARCH, now, () => {
        throw new Error('no such plan')
      })
      await t.rejects(failing, { message: 'no such plan' })
      await use(workspace, MARCH)
      const invoice = await closed(t, elsewhere, workspace, MARCH, now)
      t.equal(invoice.number, `${now.getUTCFullYear()}-000001`)
      t.equal(requests(invoice), 1n, 'a request that came meanwhile is on it')
    })

    await t.test('a workspace that is not there, or was not yet, has no month to close', async t => {
      const now = ownYear()
      const later = await workspaceOf(APRIL)
      t.strictSame(await close(storage, later, MARCH, now), { outcome: 'not_found' })
      t.strictSame(await close(storage, fixtures.workspace(), MARCH, now), { outcome: 'not_found' })
      t.match(await close(storage, later, APRIL, now), { outcome: 'closed' })
    })

    await t.test('late requests count in the first month after it that is open', async t => {
      const now = ownYear()
      const workspace = await workspaceOf()
      await use(workspace, MARCH, {}, 3)
      const march = await closed(t, storage, workspace, MARCH, now)
      const empty = await closed(t, storage, workspace, APRIL, now)
      await use(workspace, MARCH, {}, 2)
      await use(workspace, APRIL, {}, 4)
      await use(workspace, MAY, {}, 5)
      await use(workspace, MAY, { status: 404 })
      const counted = (await elsewhere.invoices.facts(workspace.id, MAY))?.usage ?? []
      t.strictSame(
        counted.map(({ statusClass, requests, late }) => [statusClass, requests, late]).sort(),
        [
          [2, 11n, 6n],
          [4, 1n, 0n],
        ],
        'and are told from those of the month itself',
      )
      const may = await closed(t, elsewhere, workspace, MAY, now)
      t.strictSame([march, empty, may].map(requests), [3n, 0n, 12n])
      t.strictSame(await storage.invoices.find(march.number), march)
      t.strictSame(march.earlierMonths, [])
      t.strictSame(may.earlierMonths, [
        { month: MARCH, requests: 2n },
        { month: APRIL, requests: 4n },
      ])
      t.strictSame(await elsewhere.invoices.find(may.number), may)
    })

    await t.test('late requests are found by both months, of the whole or of some', async t => {
      const now = ownYear()
      const workspace = await workspaceOf()
      const { id: workspaceId } = workspace
      const JUNE = monthAfter(MAY)
      const clientId = `late of ${workspaceId}`
      await use(workspace, MARCH, { clientId }, 3)
      for (const month of [MARCH, APRIL]) await closed(t, storage, workspace, month, now)
      const marchLate = new Date('2026-03-31T23:59:59.999Z')
      await use(workspace, marchLate, { clientId, route: 'GET /größe' }, 2)
      await use(workspace, APRIL, { mode: 'test', priceNanoEuro: 0, status: 404, domainId: 'dom_late' })
      await use(workspace, MAY, { clientId }, 7)
      await closed(t, storage, workspace, MAY, now)
      await use(workspace, MARCH, { clientId }, 5)
      const all = [
        { madeIn: MARCH, countedIn: MAY, requests: 2n },
        { madeIn: MARCH, countedIn: JUNE, requests: 5n },
        { madeIn: APRIL, countedIn: MAY, requests: 1n },
      ] as const
      const whole = { workspaceId, from: new Date('2026-01-01T00:00:00Z'), to: JUNE }
      const table: [narrowing: Partial<LateQuery>, found: readonly LateUsage[]][] = [
        [{}, all],
        [{ workspaceId: undefined, clientId }, [all[0], all[1]]],
        [{ workspaceId: 'nobody' }, []],
        [{ month: MAY }, [all[0], all[2]]],
        [{ route: 'GET /größe' }, [all[0]]],
        [{ mode: 'test' }, [all[2]]],
        [{ statusClass: 4 }, [all[2]]],
        [{ domainId: 'dom_late' }, [all[2]]],
        [{ from: APRIL }, [all[2]]],
        [{ to: APRIL }, [all[0], all[1]]],
        [{ from: new Date('2026-03-31T23:00:00Z'), to: APRIL }, [all[0]]],
        [{ from: MAY }, []],
      ]
      for (const [narrowing, found] of table)
        t.strictSame(
          await elsewhere.invoices.late({ ...whole, ...narrowing }),
          found,
          JSON.stringify(narrowing),
        )
    })

    await t.test(
      'requests that are written while a month closes count wholly in it or wholly after it',
      async t => {
        const now = ownYear()
        const workspace = await workspaceOf()
        const other = await workspaceOf()
        const batch = (racer: number) =>
          fixtures.usageBatch(
            [workspace, other, workspace, workspace].map(({ id }) =>
              fixtures.meteredRequest({ workspaceId: id, at: MARCH, route: `route ${racer % 3}` }),
            ),
          )
        let invoice: Invoice | undefined
        await race(60, async (storage, racer) => {
          if (racer !== 20) await storage.usage.append(batch(racer))
          else invoice = await closed(t, storage, workspace, MARCH, now)
        })
        const counted = requests(invoice as Invoice)
        const late = requests(await closed(t, elsewhere, workspace, APRIL, now))
        t.equal(counted % 3n, 0n, 'a batch is wholly on it, or not at all')
        t.equal(counted + late, 59n * 3n)
        t.equal(
          requests(await closed(t, storage, other, MARCH, now)),
          59n,
          'another workspace has its own months',
        )
      },
    )

    await t.test('invoices are listed from the last issued on, page by page', async t => {
      const now = ownYear()
      const [workspace, other] = [await workspaceOf(), await workspaceOf()]
      const march = await closed(t, storage, workspace, MARCH, now)
      const others = await closed(t, storage, other, MARCH, now)
      const april = await closed(t, storage, workspace, APRIL, now)
      const may = await closed(t, storage, workspace, MAY, ownYear())
      const numbers = async (...query: Parameters<Storage['invoices']['list']>) =>
        (await elsewhere.invoices.list(...query)).map(({ number }) => number)
      const { id } = workspace
      t.strictSame(await numbers({ workspaceId: id }, 2), [may.number, april.number])
      t.strictSame(await numbers({ workspaceId: id, after: april.number }, 2), [march.number])
      t.strictSame(await numbers({ workspaceId: id, after: march.number }, 2), [])
      t.strictSame(await numbers({ workspaceId: id, month: APRIL }, 2), [april.number])
      t.strictSame(await numbers({ after: may.number }, 2), [april.number, others.number])
      t.strictSame(await numbers({ workspaceId: id, after: 'nothing' }, 2), [])
      const stored = await elsewhere.reconciler.invoices({ workspaceId: id, after: april.number }, 2)
      const document = invoiceDocument(march)
      t.strictSame(stored, [
        { number: march.number, workspaceId: id, month: MARCH, document, terms: closedTerms(march) },
      ])
      const { issued_at, due_at, seller, customer, vat_note } = document
      const said = { number: march.number, issued_at, due_at, seller, customer, vat_note }
      t.match(stored, [{ terms: { words: { ...said, plan: { title: march.plan.title } } } }])
    })

    await t.test('the workspaces without an invoice for a month are told page by page', async t => {
      const month = new Date('2025-07-01T00:00:00Z')
      const within = new Date('2025-07-31T23:59:59.999Z')
      const workspaces = await Promise.all(Array.from({ length: 4 }, () => workspaceOf(within)))
      await workspaceOf(monthAfter(month))
      await close(storage, workspaces[2] as Workspace, month, ownYear())
      const expected = workspaces.filter((_, index) => index !== 2).map(({ id }) => id)
      const first = await elsewhere.invoices.unclosed(month, 2)
      const second = await elsewhere.invoices.unclosed(month, 2, first.at(-1))
      t.equal(first.length, 2)
      t.strictSame(new Set([...first, ...second]), new Set(expected))
      t.strictSame(await storage.invoices.unclosed(month, 2, second.at(-1)), [])
    })

    await t.test('whoever changes what they were given does not change an invoice', async t => {
      const now = ownYear()
      const invoice = await closed(t, storage, await workspaceOf(), MARCH, now)
      const before = await storage.invoices.find(invoice.number)
      const given = (await storage.invoices.find(invoice.number)) as {
        -readonly [Key in keyof Invoice]: Invoice[Key]
      }
      given.grossCents = 0n
      given.seller = { ...given.seller, name: 'nobody' }
      given.issuedAt.setFullYear(1999)
      t.strictSame(await storage.invoices.find(invoice.number), before)
    })
  },
}
