import t from 'tap'
import { monthUsage, sampleInvoice } from '../../../test/support/invoices.ts'
import { invoicePage } from '../src/index.ts'
import { elementsOf } from './elements.ts'

const HOSTILE = `"><script>alert(1)</script>&'`

t.test('an invoice is a document by itself, which says everything and asks for nothing', async t => {
  const page = invoicePage(sampleInvoice())
  const elements = elementsOf(page)
  const named = (name: string) => elements.filter(element => element.name === name)
  t.equal(named('title')[0]?.text, 'Invoice INV-2026-000007')
  t.equal(named('h1').length, 1)
  t.match(named('html')[0]?.attributes, { lang: 'en-GB' })
  t.strictSame(
    elements.filter(({ name }) => ['script', 'link', 'img', 'iframe', 'form', 'a'].includes(name)),
    [],
  )
  t.notMatch(page, /url\(|@import|https?:/)
  t.strictSame(
    named('tr').map(row => row.text.trim()),
    [
      'DescriptionRequestsFreeIncludedBilledPrice eachAmount',
      'Enterprise, monthly fee, 100 requests included€29.00',
      'GET /orders150010050€0.00001€0.0005',
      'GET /free3300€0.00€0.00',
    ],
  )
  t.match(page, /Grün &amp; Söhne GmbH/)
  t.match(
    named('dl').at(-1)?.text,
    /Sum of lines€29\.0005\s+Net, rounded€29\.00\s+VAT 19 %€5\.51\s+Total€34\.51/,
  )
})

t.test('requests of earlier months are a note', async t => {
  const earlierMonths = [{ month: new Date('2026-09-01T00:00:00Z'), requests: 18n }]
  const notes = elementsOf(invoicePage(sampleInvoice({ earlierMonths }))).filter(({ name }) => name === 'p')
  t.match(notes.at(-1)?.text, /18 were made in September 2026/)
})

t.test('a screen reader knows the heads of rows and columns, and reaches what scrolls', async t => {
  const elements = elementsOf(invoicePage(sampleInvoice()))
  const scopes = elements.filter(({ name }) => name === 'th').map(({ attributes }) => attributes.scope)
  t.strictSame(scopes, [...Array(7).fill('col'), ...Array(3).fill('row')])
  t.match(
    elements.find(({ attributes }) => attributes.class === 'lines'),
    { attributes: { role: 'region', tabindex: '0', 'aria-label': 'Lines' } },
  )
})

t.test(
  'on a phone every number has the head of its column beside it, and nothing is behind a scroll bar',
  async t => {
    const page = invoicePage(sampleInvoice())
    t.match(page, /@media screen and \(max-width: 47\.99rem\) \{\s+table \{ min-width: 0; \}/)
    t.match(page, /td::before \{[^}]*content: attr\(data-label\); \}/)
    const labels = elementsOf(page)
      .filter(({ name }) => name === 'td')
      .map(({ attributes }) => attributes['data-label'])
    const heads = ['Requests', 'Free', 'Included', 'Billed', 'Price each', 'Amount']
    t.strictSame(labels, [...heads, ...heads, ...heads])
  },
)

t.test('on paper the head of the table stands on every page, and no row is divided', async t => {
  const page = invoicePage(sampleInvoice())
  t.match(
    page,
    /@media print \{[^@]*thead \{ display: table-header-group; \}[^@]*tr \{ break-inside: avoid; \}/,
  )
})

t.test('names and routes are text, whatever they hold', async t => {
  const customer = { name: HOSTILE, addressLines: [HOSTILE], country: 'NL', vatId: HOSTILE }
  const made = sampleInvoice({ customer, usage: [monthUsage({ route: HOSTILE })] })
  const elements = elementsOf(invoicePage(made))
  t.equal(elements.filter(({ name }) => name === 'script').length, 0)
  t.equal(elements.filter(({ text }) => text === HOSTILE).length >= 3, true)
})

t.test('the style sheet carries the nonce that it is given', async t => {
  const nonceOf = (page: string) => elementsOf(page).find(({ name }) => name === 'style')?.attributes.nonce
  t.equal(nonceOf(invoicePage(sampleInvoice(), 'abc')), 'abc')
  t.equal(nonceOf(invoicePage(sampleInvoice())), undefined)
})
