import { monthOf } from '@xwms/core'
import { fixtures } from '@xwms/storage-contract'
import t from 'tap'
import { books } from '../../../test/support/books.ts'
import { sampleInvoice } from '../../../test/support/invoices.ts'
import { json, xwms } from './command.ts'

t.test('reconcile says whether the books agree, and what differs', async t => {
  const { storage, client, env } = await books(t)
  const month = monthOf(new Date())
  const name = month.toISOString().slice(0, 7)
  const { id } = await fixtures.storedWorkspace(storage, { createdAt: month })
  const request = fixtures.meteredRequest({ workspaceId: id, at: month, route: 'GET /orders' })
  await storage.usage.append(fixtures.usageBatch([request, request, request]))
  const reconcile = ['usage', 'reconcile', '--month', name]

  t.match(await json([...reconcile, '--workspace', id], env), {
    from: name,
    to: name,
    workspace_id: id,
    events: 3,
    counted: 3,
    billable: 3,
    invoices: 0,
    differing: 0,
    differences: [],
  })
  await client.query('update xwms.usage_counts set requests = 2')
  const { code, stdout, stderr } = await xwms(['usage', 'reconcile', '--from', '2020-01', '--to', name], env)
  t.equal(code, 1)
  t.match(
    stderr,
    /^Events before .* may have been dropped by retention; from then on they were compared\.\n$/,
  )
  t.match(stdout, /^differing +2$/m)
  t.match(
    stdout,
    new RegExp(
      `^events_counters +${id} +${name} +GET /orders, live, 2xx, at 10000, client \\S+, .+, \\S+T00:00Z +3 +2$`,
      'm',
    ),
  )
  t.match(stdout, new RegExp(`^counters_month_totals +${id} +${name} +billable, at 10000 +2 +3$`, 'm'))
  await storage.invoices.close(id, month, fixtures.now, ({ usage }) => ({
    invoice: { ...sampleInvoice({ usage }), workspaceId: id, month },
    audit: fixtures.audit({ workspaceId: id }),
  }))
  const withInvoice = await xwms([...reconcile, '--workspace', id], env)
  t.match(withInvoice.stdout, /^invoices +1\nwithout terms +0\nwithout words +0$/m)
  t.equal(withInvoice.stderr, '')
  await client.query('set session_replication_role = replica')
  await client.query(`update xwms.workspace_months set terms = '{}'`)
  t.match(await xwms([...reconcile, '--workspace', id], env), {
    stdout: /^without terms +1$/m,
    stderr:
      /^1 of the invoices was closed before closes kept the plan, fee, included requests and VAT rate: .+\n1 of the invoices was closed before closes kept the seller, customer, dates and VAT note: nothing proves these\.\n$/,
  })
  t.match(await xwms(['usage', 'reconcile', '--help'], env), {
    stdout: /retention\.eventDays of XWMS_CONFIG/,
  })
  t.match(await xwms(['usage', 'reconcile'], env), { code: 2, stderr: /give --month, or --from and --to/ })
  t.match(await xwms(['usage', 'reconcile', '--month', name, '--from', name], env), { code: 2 })
  t.match(await json(['usage', '--workspace', id, '--from', `${name}-01`], env), { total: { requests: 2 } })
})
