import {
  closedTerms,
  type Invoice,
  invoiceDocument,
  monthAfter,
  type Storage,
  type Workspace,
} from '@xwms/core'
import { type Suite, tally } from '../arena.ts'
import { APRIL, billedWorkspace, close, closed, MARCH, MAY, ownYear, requests, use } from '../closing.ts'
import { fixtures } from '../fixtures.ts'

export const invoices: Suite = {
  name: 'invoices',
  async run(t, { storage, elsewhere, race }) {
    const workspaceOf = (createdAt?: Date) => billedWorkspace(storage, createdAt)

    await t.test(
      'a closed month has an invoice, found and listed as it was made, and an audit entry',
      async t => {
        const now = ownYear()
        const workspace = await workspaceOf()
        await use(storage, workspace, MARCH, { route: 'GET /größe' }, 5)
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
      await use(storage, workspace, MARCH)
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
      await use(storage, workspace, MARCH)
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
