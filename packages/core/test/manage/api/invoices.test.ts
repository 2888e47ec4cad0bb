import t from 'tap'
import type { InvoicePdf } from '../../../src/config/options.ts'
import { InputError } from '../../../src/errors.ts'
import { closeMonth } from '../../../src/manage/invoices.ts'
import type { Invoice } from '../../../src/model/invoice.ts'
import { CONFIG } from '../../context/billing/invoices.ts'
import { PLAIN_PAGES } from '../../installation.ts'
import { type Scene, scene } from './scene.ts'

const MONTHS = ['2026-03', '2026-04', '2026-05']

/** An installation in which three months were closed, for its workspace and another one. */
async function closed(pages = PLAIN_PAGES, pdf?: InvoicePdf): Promise<Scene> {
  const at = await scene({ invoices: { ...CONFIG.invoices, ...(pdf && { pdf }) }, pages })
  const other = await at.client()
  at.pass(100 * 86_400)
  for (const month of MONTHS.map(text => new Date(`${text}-01T00:00:00Z`))) {
    for (const workspaceId of [other.client.workspaceId, at.workspaceId]) {
      const environment = { ...at.environment, now: at.now(), config: at.kit.config }
      await closeMonth({ ...environment, storage: at.storage }, { workspaceId, month })
    }
  }
  return at
}

t.test('a workspace sees its invoices, the last issued first, a page at a time', async t => {
  const at = await closed()
  const accessToken = await at.tokenOf('billing', 'manage:read')
  const { status, body } = await at.manage(accessToken, '/invoices', { query: { limit: '2' } })
  t.equal(status, 200)
  t.match(body.invoices, [
    {
      number: 'INV-2026-000006',
      month: '2026-05',
      issued_at: at.now().toISOString(),
      currency: 'EUR',
      net_cents: 2900,
      vat_cents: 551,
      gross_cents: 3451,
      gross: 'EUR 34.51',
    },
    { number: 'INV-2026-000004', month: '2026-04' },
  ])
  const rest = await at.manage(accessToken, '/invoices', { query: { cursor: body.next_cursor } })
  t.match(rest.body, { invoices: [{ number: 'INV-2026-000002', month: '2026-03' }], next_cursor: null })
  t.equal(rest.body.invoices.length, 1)
})

t.test('an invoice is read as JSON, as CSV, and on paper', async t => {
  const at = await closed({ ...PLAIN_PAGES, invoice: ({ number }, nonce) => `<p>${number} ${nonce}` })
  const accessToken = await at.token()
  const path = '/invoices/INV-2026-000004'
  const json = await at.manage(accessToken, path)
  t.match(json.body, {
    number: 'INV-2026-000004',
    workspace_id: at.workspaceId,
    month: '2026-04',
    gross_cents: 3451,
  })
  const csv = await at.manage(accessToken, path, { headers: { accept: 'text/csv' } })
  t.match(csv.headers['content-type'], /^text\/csv/)
  t.match(csv.text, /^invoice,month,kind,.*\r\nINV-2026-000004,2026-04,fee,/)
  const html = await at.manage(accessToken, path, { query: 'format=html' })
  t.match(html.headers, { 'content-type': /^text\/html/, 'content-security-policy': /default-src 'none'/ })
  const [, nonce] = /style-src 'nonce-([^']+)'/.exec(String(html.headers['content-security-policy'])) ?? []
  t.equal(html.text, `<p>INV-2026-000004 ${nonce}`)
})

t.test('an invoice is read as PDF where the option says what writes it, by format or by Accept', async t => {
  const pdf = async ({ number }: Invoice) => new TextEncoder().encode(`xx%PDF ${number} \xff`).subarray(2)
  const at = await closed(PLAIN_PAGES, pdf)
  const accessToken = await at.token()
  const path = '/invoices/INV-2026-000004'
  for (const asked of [{ query: 'format=pdf' }, { headers: { accept: 'application/pdf' } }]) {
    const { status, headers, text, bytes } = await at.manage(accessToken, path, asked)
    t.match(headers, {
      'content-type': 'application/pdf',
      'content-disposition': 'inline; filename="INV-2026-000004.pdf"',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      vary: 'accept',
    })
    t.strictSame([status, text, bytes?.toString()], [200, '', '%PDF INV-2026-000004 \xff'])
  }
  t.match((await at.manage(accessToken, path)).body, { number: 'INV-2026-000004' }, 'JSON is still the usual')
  const foreign = await at.manage(accessToken, '/invoices/INV-2026-000001', { query: 'format=pdf' })
  t.match(foreign, { status: 404, bytes: undefined })
})

t.test(
  'without that option a PDF is refused by name of the option, and Accept has what there is',
  async t => {
    const at = await closed()
    const accessToken = await at.token()
    const path = '/invoices/INV-2026-000004'
    t.match(await at.manage(accessToken, path, { query: 'format=pdf' }), {
      status: 422,
      body: { code: 'pdf_not_configured', fix: /option invoices\.pdf.* @xwms\/invoice-pdf/ },
    })
    const accepted = await at.manage(accessToken, path, { headers: { accept: 'application/pdf' } })
    t.match(accepted, { status: 200, headers: { 'content-type': /json/ } })
  },
)

t.test('a name that no font can write is said with a way out, and any other failure is ours', async t => {
  const thrown = [
    new InputError('glyph_missing', 'The font has no U+682A (株), which is in "株式会社".'),
    new InputError('font_unreadable', '/etc/fonts/x.ttf is no font.'),
    new Error('out of ink'),
  ]
  const at = await closed(PLAIN_PAGES, async () => {
    throw thrown.shift()
  })
  const accessToken = await at.token()
  const ask = () => at.manage(accessToken, '/invoices/INV-2026-000004', { query: 'format=pdf' })
  t.match(await ask(), {
    status: 422,
    body: { code: 'glyph_missing', detail: /U\+682A \(株\)/, fix: /format=html.* gives a font/ },
  })
  for (const _ of thrown.slice()) {
    const { status, text } = await ask()
    t.equal(status, 500)
    t.match(text, /"code":"server_error"/)
    t.notMatch(text, /fonts|ink/)
  }
})

t.test('pages that print no invoices are no reason to fail', async t => {
  const at = await closed()
  const path = '/invoices/INV-2026-000004'
  const { status, body } = await at.manage(await at.token(), path, { query: 'format=html' })
  t.match({ status, body }, { status: 422, body: { fields: { format: /json or csv/ } } })
})

t.test('the invoice of somebody else is not there', async t => {
  const at = await closed()
  const accessToken = await at.tokenOf('owner')
  for (const number of ['INV-2026-000001', 'INV-2026-000099', 'x', '..'])
    t.match(await at.manage(accessToken, `/invoices/${number}`), {
      status: 404,
      body: { code: 'invoice_not_found' },
    })
  for (const role of ['developer', 'viewer'] as const) {
    const token = await at.tokenOf(role)
    for (const path of ['/invoices', '/invoices/INV-2026-000002'])
      t.match(await at.manage(token, path), { status: 403, body: { code: 'not_permitted' } })
  }
})

t.test('a forged cursor leads nowhere, and never to somebody else', async t => {
  const at = await closed()
  const accessToken = await at.token()
  const page = (cursor: string) => at.manage(accessToken, '/invoices', { query: { cursor } })
  const numbers = ({ body }: Awaited<ReturnType<typeof page>>) =>
    body.invoices.map(({ number }: { number: string }) => number)
  const { body } = await at.manage(accessToken, '/invoices', { query: 'limit=1' })
  const question = body.next_cursor.slice(0, 12)
  const cursorOf = (number: string) => question + Buffer.from(number).toString('base64url')
  t.strictSame(numbers(await page(cursorOf('INV-2026-000005'))), ['INV-2026-000004', 'INV-2026-000002'])
  t.strictSame(numbers(await page(cursorOf('INV-2026-000099'))), [])
  for (const cursor of ['', 'x', '....', cursorOf("' or 1=1"), cursorOf('a\0b'), 'A'.repeat(201)])
    t.match(await page(cursor), { status: 422, body: { fields: { cursor: /next_cursor/ } } }, cursor)
})
