import { fileURLToPath } from 'node:url'
import t from 'tap'
import { extractText, getDocumentProxy } from 'unpdf'
import { monthUsage, sampleInvoice } from '../../../test/support/invoices.ts'
import { invoicePdf } from '../src/index.ts'

/** The text of each page, as a reader of PDF finds it. */
async function pagesOf(pdf: Uint8Array): Promise<string[]> {
  const { text } = await extractText(await getDocumentProxy(new Uint8Array(pdf)), { mergePages: false })
  return text.map(page => page.replace(/\s+/g, ' '))
}

const many = Array.from({ length: 150 }, (_, index) =>
  monthUsage({ route: `GET /größe/${String(index).padStart(3, '0')}`, requests: BigInt(index + 1) }),
)

t.test('an invoice as PDF says everything, umlauts and the euro sign among it', async t => {
  const customer = { name: 'Żółć & Łódź Ελλάδα', addressLines: ['ул. Мира 1'], country: 'BG' }
  const earlierMonths = [{ month: new Date('2026-09-01T00:00:00Z'), requests: 18n }]
  const [page, ...others] = await pagesOf(await invoicePdf(sampleInvoice({ customer, earlierMonths })))
  t.strictSame(others, [])
  for (const text of [
    'Invoice INV-2026-000007',
    'Grün & Söhne GmbH',
    'Hauptstraße 1',
    'Żółć & Łódź Ελλάδα',
    'ул. Мира 1',
    'Bulgaria',
    '2 November 2026',
    'GET /orders 150 0 100 50 €0.00001 €0.0005',
    'Sum of lines €29.0005',
    'Net, rounded €29.00',
    'VAT 19 % €5.51',
    'Total €34.51',
    '18 were made in September 2026',
  ])
    t.ok(page?.includes(text), text)
})

t.test(
  'a long invoice has the head of the table on every page, each line once, and numbered pages',
  async t => {
    const pages = await pagesOf(await invoicePdf(sampleInvoice({ usage: many })))
    t.ok(pages.length > 3)
    for (const [index, page] of pages.entries()) {
      t.match(page, /Description Requests Free Included Billed Price each Amount/)
      t.match(page, new RegExp(`INV-2026-000007 · ${index + 1} / ${pages.length}`))
    }
    const routes = pages.flatMap(page => [...page.matchAll(/GET \/größe\/(\d{3}) /g)].map(match => match[1]))
    t.strictSame(
      routes,
      many.map((_, index) => String(index).padStart(3, '0')),
    )
    t.match(pages.at(-1), /Total €/)
  },
)

t.test('large numbers and long routes stay on the page', async t => {
  const long = monthUsage({
    route: `GET /${'x'.repeat(2000)}`,
    unitPriceNanoEuro: 9_007_199_254_740_991,
    requests: 1_000_000n,
  })
  const pages = await pagesOf(await invoicePdf(sampleInvoice({ usage: [long, ...many] })))
  t.match(pages[0], /€9,007,199\.254740991/)
  t.match(pages[0], /1,000,000/)
})

t.test('the same invoice gives the same bytes', async t => {
  const [first, second] = [await invoicePdf(sampleInvoice()), await invoicePdf(sampleInvoice())]
  t.ok(Buffer.from(first).equals(Buffer.from(second)))
  t.equal(Buffer.from(first.subarray(0, 5)).toString(), '%PDF-')
})

t.test('a name that the font cannot write is refused, and another font can be given', async t => {
  const made = sampleInvoice({ customer: { name: '株式会社' } })
  await t.rejects(invoicePdf(made), { code: 'glyph_missing', message: /U\+682A \(株\).*--font/ })
  const regular = fileURLToPath(
    import.meta.resolve('@expo-google-fonts/noto-sans/500Medium/NotoSans_500Medium.ttf'),
  )
  t.equal((await pagesOf(await invoicePdf(sampleInvoice(), { regular }))).length, 1)
  await t.rejects(invoicePdf(made, { regular: '/nowhere.ttf' }), {
    code: 'font_unreadable',
    message: /nowhere/,
  })
  await t.rejects(invoicePdf(made, { regular: fileURLToPath(import.meta.url) }), { code: 'font_unreadable' })
})
