import t from 'tap'
import { closeMonth } from '../../../src/manage/invoices.ts'
import { CONFIG } from '../../context/billing/invoices.ts'
import { PLAIN_PAGES } from '../../installation.ts'
import { type Scene, scene } from './scene.ts'

const MONTHS = ['2026-03', '2026-04', '2026-05']

/** An installation in which three months were closed, for its workspace and another one. */
async function closed(pages = PLAIN_PAGES): Promise<Scene> {
  const at = await scene({ invoices: CONFIG.invoices, pages })
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
  const pdf = await at.manage(accessToken, path, { query: 'format=pdf' })
  t.match(pdf, {
    status: 422,
    body: { fields: { format: /json, csv, html; a PDF is made by xwms invoice show/ } },
  })
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
  const cursorOf = (number: string) => Buffer.from(number).toString('base64url')
  t.strictSame(numbers(await page(cursorOf('INV-2026-000005'))), ['INV-2026-000004', 'INV-2026-000002'])
  t.strictSame(numbers(await page(cursorOf('INV-2026-000099'))), [])
  for (const cursor of ['', 'x', '....', cursorOf("' or 1=1"), cursorOf('a\0b'), 'A'.repeat(201)])
    t.match(await page(cursor), { status: 422, body: { fields: { cursor: /next_cursor/ } } }, cursor)
})
