import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fixtures } from '@xwms/storage-contract'
import t from 'tap'
import { books } from '../../../test/support/books.ts'
import { sampleInvoice } from '../../../test/support/invoices.ts'
import { json, xwms } from './command.ts'

const OCTOBER = new Date('2026-10-01T00:00:00Z')

t.test('invoices are listed, shown and collected', async t => {
  const { storage, env, folder } = await books(t, {
    config: `export default {
      invoices: {
        seller: { name: 'Grün GmbH', addressLines: ['Straße 1'], country: 'DE' },
        vatBasisPoints: 1900,
        payments: { collect: async ({ number }) => ({ reference: 'pi_' + number }) },
      },
    }`,
  })
  const workspaces = await Promise.all(
    ['ws_a', 'ws_b'].map(id => fixtures.storedWorkspace(storage, { id, createdAt: OCTOBER })),
  )
  const earlierMonths = [{ month: new Date('2026-09-01T00:00:00Z'), requests: 18n }]
  for (const [index, { id }] of workspaces.entries())
    await storage.invoices.close(id, OCTOBER, fixtures.now, (_, sequence) => ({
      invoice: { ...sampleInvoice({ earlierMonths }), workspaceId: id, number: `INV-2026-00000${sequence}` },
      audit: fixtures.audit({ workspaceId: id, target: String(index) }),
    }))

  await t.test('the last issued comes first', async t => {
    t.match(await json(['invoice', 'list'], env), {
      invoices: [
        { number: 'INV-2026-000002' },
        { number: 'INV-2026-000001', gross: 'EUR 34.51', gross_cents: 3451 },
      ],
    })
    const narrow = ['--workspace', 'ws_a', '--month', '2026-10', '--after', 'INV-2026-000002', '--limit', '1']
    const { invoices } = await json(['invoice', 'list', ...narrow], env)
    t.match(invoices, [{ number: 'INV-2026-000001' }])
  })

  const show = ['invoice', 'show', 'INV-2026-000001']

  await t.test('an invoice is shown in every form', async t => {
    t.match(await xwms(show, env), {
      code: 0,
      stdout:
        /fee +EUR 29\.00\nfee and lines +EUR 29\.0005\nnet +EUR 29\.00 \(rounded\)\n.*gross +EUR 34\.51\n\nroute .* unit price +amount\n.*GET \/orders .* EUR 0\.00001 +EUR 0\.0005\n.*\n\nOf these requests 18 are of 2026-09, recorded after its invoice\.\n$/s,
    })
    const { stdout } = await xwms([...show, '--format', 'json'], env)
    t.same(JSON.parse(stdout), await json(show, env))
    t.match(await xwms([...show, '--format', 'csv'], env), { stdout: /^invoice,month.*\r\nINV-2026-000001,/ })
    t.match(await xwms([...show, '--format', 'html'], env), { stdout: /^<!doctype html>.*GET \/orders/s })
    const file = join(folder, 'invoice.pdf')
    t.match(await json([...show, '--format', 'pdf', '--output', file], env), { file, format: 'pdf' })
    t.match(readFileSync(file, 'latin1'), /^%PDF-/)
  })

  await t.test('what cannot be shown is refused', async t => {
    t.match(await xwms([...show, '--format', 'pdf'], env), { code: 2, stderr: /give --output and a file/ })
    t.match(await xwms(['invoice', 'show', 'INV-1'], env), { code: 2, stderr: /There is no invoice "INV-1"/ })
    t.match(await xwms([...show, '--output', join(folder, 'no', 'file')], env), { code: 1, stderr: /ENOENT/ })
  })

  await t.test('its money is asked for by hand', async t => {
    const collect = ['invoice', 'collect', 'INV-2026-000001']
    t.match(await json(collect, env), { reference: 'pi_INV-2026-000001', gross: 'EUR 34.51' })
    t.match(await xwms(collect, { DATABASE_URL: env.DATABASE_URL }), {
      code: 2,
      stderr: /Set the option "invoices.payments"/,
    })
  })
})
