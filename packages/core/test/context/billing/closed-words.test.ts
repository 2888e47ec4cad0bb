import t from 'tap'
import { closedTerms, readClosedTerms } from '../../../src/context/billing/closed-terms.ts'
import { type ClosedWords, wordDifferences } from '../../../src/context/billing/closed-words.ts'
import type { Invoice } from '../../../src/model/invoice.ts'
import { CONFIG, invoice } from './invoices.ts'

const honest: Invoice = {
  ...invoice(),
  seller: { ...CONFIG.invoices.seller, paymentTerms: 'IBAN DE00' },
  customer: {
    name: 'Shop B.V.',
    addressLines: ['Damrak 1'],
    country: 'NL',
    vatId: 'NL123456789B01',
    email: undefined,
  },
  vatNote: 'Reverse charge',
}

/** As it comes back from where it was kept. */
const kept = readClosedTerms(JSON.parse(JSON.stringify(closedTerms(honest)))).words as ClosedWords

t.test('each member that is not as it was kept is named, with what it was and what it is', t => {
  const { seller, customer, plan } = honest
  const table: [given: Partial<Invoice>, path: string, expected?: string, found?: string][] = [
    [{ number: 'INV-2026-000008' }, 'number', 'INV-2026-000007', 'INV-2026-000008'],
    [
      { issuedAt: new Date('2026-12-02T08:00:00Z') },
      'issued_at',
      '2026-11-02T08:00:00.000Z',
      '2026-12-02T08:00:00.000Z',
    ],
    [
      { dueAt: new Date('2026-12-16T08:00:00Z') },
      'due_at',
      '2026-11-16T08:00:00.000Z',
      '2026-12-16T08:00:00.000Z',
    ],
    [{ seller: { ...seller, name: 'Grün' } }, 'seller.name', 'Grün & Söhne GmbH', 'Grün'],
    [{ seller: { ...seller, country: 'AT' } }, 'seller.country', 'DE', 'AT'],
    [{ seller: { ...seller, vatId: 'DE1' } }, 'seller.vat_id', 'DE123456789', 'DE1'],
    [{ seller: { ...seller, paymentTerms: 'IBAN FR00' } }, 'seller.payment_terms', 'IBAN DE00', 'IBAN FR00'],
    [{ seller: { ...seller, registration: 'HRB 1' } }, 'seller.registration', undefined, 'HRB 1'],
    [{ seller: { ...seller, email: 'a@b.example' } }, 'seller.email', undefined, 'a@b.example'],
    [
      { seller: { ...seller, addressLines: ['Hauptstraße 1'] } },
      'seller.address_lines.1',
      '10115 Berlin',
      undefined,
    ],
    [{ customer: { ...customer, name: 'Shop' } }, 'customer.name', 'Shop B.V.', 'Shop'],
    [{ customer: { ...customer, country: 'BE' } }, 'customer.country', 'NL', 'BE'],
    [{ customer: { ...customer, vatId: undefined } }, 'customer.vat_id', 'NL123456789B01', undefined],
    [{ customer: { ...customer, email: '' } }, 'customer.email', undefined, ''],
    [
      { customer: { ...customer, addressLines: ['Damrak 2'] } },
      'customer.address_lines.0',
      'Damrak 1',
      'Damrak 2',
    ],
    [{ plan: { ...plan, title: 'Basic' } }, 'plan.title', 'Enterprise', 'Basic'],
    [{ vatNote: undefined }, 'vat_note', 'Reverse charge', undefined],
    [{ vatNote: 'nothing' }, 'vat_note', 'Reverse charge', 'nothing'],
  ]
  for (const [given, path, expected, found] of table)
    t.strictSame(wordDifferences(kept, { ...honest, ...given }), [{ path, expected, found }], path)
  t.strictSame(wordDifferences(kept, honest), [])
  t.end()
})

t.test('every member of an invoice that no amount depends on is kept', t => {
  const { words } = closedTerms(honest)
  t.strictSame(words, {
    number: 'INV-2026-000007',
    issued_at: '2026-11-02T08:00:00.000Z',
    due_at: '2026-11-16T08:00:00.000Z',
    seller: {
      name: 'Grün & Söhne GmbH',
      address_lines: ['Hauptstraße 1', '10115 Berlin'],
      country: 'DE',
      vat_id: 'DE123456789',
      email: null,
      registration: null,
      payment_terms: 'IBAN DE00',
    },
    customer: {
      name: 'Shop B.V.',
      address_lines: ['Damrak 1'],
      country: 'NL',
      vat_id: 'NL123456789B01',
      email: null,
    },
    plan: { title: 'Enterprise' },
    vat_note: 'Reverse charge',
  })
  t.end()
})

t.test('what was kept before words were has none, and words that are none are refused', t => {
  const { words, ...terms } = closedTerms(honest)
  t.equal(readClosedTerms(terms).words, undefined)
  t.throws(() => readClosedTerms({ ...terms, words: { ...words, customer: 5, due_at: 'soon' } }), {
    code: 'invalid_input',
    fields: { 'words.customer': /./, 'words.due_at': /RFC 3339/ },
  })
  t.end()
})
