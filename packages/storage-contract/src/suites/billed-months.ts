import {
  type Invoice,
  type LateQuery,
  type LateUsage,
  type MonthFacts,
  type MonthUsage,
  monthAfter,
  type Workspace,
} from '@xwms/core'
import type { Suite } from '../arena.ts'
import { APRIL, billedWorkspace, closed, MARCH, MAY, ownYear, requests, use } from '../closing.ts'
import { fixtures } from '../fixtures.ts'

/** A row of a month's usage, to be compared in whatever order they come. */
const text = ({ requests, late, ...of }: MonthUsage) =>
  JSON.stringify({ ...of, requests: String(requests), late: String(late) })

/** What counts in a month, and by which plan: what its invoice is made of. */
export const billedMonths: Suite = {
  name: 'billed months',
  async run(t, { storage, elsewhere, race }) {
    const workspaceOf = (createdAt?: Date) => billedWorkspace(storage, createdAt)

    await t.test('the facts of a month are its requests, summed up, and the plan at its end', async t => {
      const workspace = await workspaceOf()
      await use(storage, workspace, MARCH, { clientId: 'one' }, 2)
      await use(storage, workspace, new Date(APRIL.getTime() - 1), { clientId: 'two', domainId: undefined })
      await use(storage, workspace, MARCH, { status: 404 })
      await use(storage, workspace, MARCH, { mode: 'test', priceNanoEuro: 0 })
      await use(storage, workspace, MARCH, { priceNanoEuro: Number.MAX_SAFE_INTEGER })
      await use(storage, workspace, APRIL)
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
      await use(storage, workspace, MARCH, { clientId: 'stays' })
      await use(storage, workspace, MARCH, given, 3)
      await storage.clients.delete(client.id, fixtures.audit({ workspaceId: workspace.id }))
      // It was under way when its client went.
      await use(storage, workspace, MARCH, given)
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
      const update = async (plan: string, at: Date) => {
        const before = (await storage.workspaces.find(workspace.id)) as Workspace
        const entry = fixtures.audit({ workspaceId: workspace.id, at })
        t.match(await storage.workspaces.update(before, { ...before, plan }, entry), { outcome: 'updated' })
      }
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
      await use(storage, workspace, new Date('2026-03-10T10:59:00Z'), { clientId: 'one' })
      await use(storage, workspace, APRIL)
      const first = new Date('2026-03-10T10:00:00Z')
      t.strictSame((await elsewhere.invoices.facts(workspace.id, MAY))?.firstUsedAt, first)
    })

    await t.test('of changes of plan the one that is written last counts, whenever it was begun', async t => {
      const workspace = await workspaceOf()
      for (const [plan, at] of [
        ['enterprise', new Date(APRIL.getTime() + 5)],
        ['basic', new Date(APRIL.getTime() - 5)],
      ] as const) {
        const before = (await storage.workspaces.find(workspace.id)) as Workspace
        const entry = fixtures.audit({ workspaceId: workspace.id, at })
        await storage.workspaces.update(before, { ...before, plan }, entry)
      }
      for (const month of [MARCH, APRIL, MAY])
        t.equal((await elsewhere.invoices.facts(workspace.id, month))?.planName, 'basic')
      t.equal((await elsewhere.workspaces.find(workspace.id))?.plan, 'basic')
    })

    await t.test('late requests count in the first month after it that is open', async t => {
      const now = ownYear()
      const workspace = await workspaceOf()
      await use(storage, workspace, MARCH, {}, 3)
      const march = await closed(t, storage, workspace, MARCH, now)
      const empty = await closed(t, storage, workspace, APRIL, now)
      await use(storage, workspace, MARCH, {}, 2)
      await use(storage, workspace, APRIL, {}, 4)
      await use(storage, workspace, MAY, {}, 5)
      await use(storage, workspace, MAY, { status: 404 })
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
      await use(storage, workspace, MARCH, { clientId }, 3)
      for (const month of [MARCH, APRIL]) await closed(t, storage, workspace, month, now)
      const marchLate = new Date('2026-03-31T23:59:59.999Z')
      await use(storage, workspace, marchLate, { clientId, route: 'GET /größe' }, 2)
      await use(storage, workspace, APRIL, {
        mode: 'test',
        priceNanoEuro: 0,
        status: 404,
        domainId: 'dom_late',
      })
      await use(storage, workspace, MAY, { clientId }, 7)
      await closed(t, storage, workspace, MAY, now)
      await use(storage, workspace, MARCH, { clientId }, 5)
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
  },
}
