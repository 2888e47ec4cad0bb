import { memory } from '@xwms/storage-memory'
import t from 'tap'
import { createConfig } from '../../src/config/config.ts'
import type { KitOptions } from '../../src/config/options.ts'
import { ConfigurationError } from '../../src/errors.ts'
import type { Price } from '../../src/model/price.ts'
import { PLAIN_PAGES } from '../installation.ts'

const NEEDED = { storage: memory(), pages: PLAIN_PAGES }

function problems(options: object): readonly string[] {
  try {
    createConfig({ ...NEEDED, ...options } as KitOptions)
    return []
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return error.problems
  }
}

const day = (text: string) => new Date(`${text}T00:00:00Z`)

t.test('a price is a number, or steps with the oldest first', async t => {
  const orders: Price = [{ nanoEuro: 5 }, { nanoEuro: 7, from: day('2026-03-01') }]
  const fee: Price = [
    { nanoEuro: 1, from: day('2026-01-01') },
    { nanoEuro: 2, from: day('2026-02-01') },
  ]
  const plan = { title: 'Gold', monthlyFeeNanoEuro: fee, includedRequests: 0, hardCap: false }
  const config = createConfig({ ...NEEDED, prices: { orders }, plans: { gold: plan } })
  t.strictSame(config.prices.orders, orders)
  t.strictSame(config.plans.gold?.monthlyFeeNanoEuro, fee)
  t.ok(Object.isFrozen(config.prices.orders))
})

t.test('a price that cannot be is refused with the step at fault', async t => {
  const table: [price: unknown, problem: string][] = [
    [-1, 'prices.orders: must not be negative'],
    [0.5, 'prices.orders: must be a whole number'],
    [2 ** 53, 'prices.orders: must be at most 9007199254740991'],
    ['5', 'prices.orders: must be a whole number'],
    [[], 'prices.orders: must not be empty'],
    [[{ nanoEuro: 1.5 }], 'prices.orders.0.nanoEuro: must be a whole number'],
    [[{ nanoEuro: 1, from: '2026-01-01' }], 'prices.orders.0.from: must be a Date'],
    [
      [{ nanoEuro: 1, until: day('2026-01-01') }],
      'prices.orders.0.until: is not an option; remove it or correct its name',
    ],
    [
      [{ nanoEuro: 1 }, { nanoEuro: 2 }],
      'prices.orders.1.from: must be later than that of the step before: the oldest step comes first',
    ],
    [
      [
        { nanoEuro: 1, from: day('2026-02-01') },
        { nanoEuro: 2, from: day('2026-02-01') },
      ],
      'prices.orders.1.from: must be later than that of the step before: the oldest step comes first',
    ],
  ]
  for (const [orders, problem] of table)
    t.strictSame(problems({ prices: { orders } }), [problem], JSON.stringify(orders))
  const [early, late] = [day('2026-01-01'), day('2026-02-01')]
  const orders = [
    { nanoEuro: -1, from: late },
    { nanoEuro: 2, from: early },
    { nanoEuro: 3, from: 'soon' },
    { nanoEuro: 4, from: late },
    7,
  ]
  const found = problems({ prices: { orders } }).map(problem => problem.split(': ', 1)[0])
  const options = ['0.nanoEuro', '1.from', '2.from', '4']
  t.strictSame(
    found.sort(),
    options.map(option => `prices.orders.${option}`),
    'all at once',
  )
})

const seller = { name: 'Grün GmbH', addressLines: ['Hauptstraße 1'], country: 'DE' }

t.test('invoices are not configured unless they are, and have defaults then', async t => {
  t.equal(createConfig(NEEDED).invoices, undefined)
  const config = createConfig({ ...NEEDED, invoices: { seller, vatBasisPoints: 1900 } })
  t.strictSame(config.invoices, {
    seller,
    vatBasisPoints: 1900,
    vatByCountry: {},
    numberPrefix: 'INV-',
    dueDays: 14,
  })
  const given = {
    seller: {
      ...seller,
      vatId: 'DE1',
      registration: 'HRB 1',
      email: 'a@example.com',
      paymentTerms: 'To DE00',
    },
    vatBasisPoints: 0,
    vatByCountry: { NL: { basisPoints: 0, note: 'Reverse charge' } },
    numberPrefix: '',
    dueDays: 0,
  }
  t.strictSame(createConfig({ ...NEEDED, invoices: given }).invoices, given)
})

t.test('what writes PDF is a function, and stays the one that it is', async t => {
  const pdf = async () => new Uint8Array()
  const invoices = { seller, vatBasisPoints: 1900 }
  t.equal(createConfig({ ...NEEDED, invoices: { ...invoices, pdf } }).invoices?.pdf, pdf)
  t.strictSame(problems({ invoices: { ...invoices, pdf: {} } }), ['invoices.pdf: must be a function'])
})

t.test('every problem of the invoices is named at once', async t => {
  const invoices = {
    seller: { name: '', addressLines: [], country: 'Germany', vat: 'DE1' },
    vatBasisPoints: 0.19,
    vatByCountry: { nl: { basisPoints: -1, note: '' }, NL: { basisPoints: 10_001, why: '' } },
    numberPrefix: '-/',
    dueDays: -1,
  }
  const found = problems({ invoices })
  t.strictSame([...new Set(found.map(problem => problem.split(': ', 1)[0]))].sort(), [
    'invoices.dueDays',
    'invoices.numberPrefix',
    'invoices.seller.addressLines',
    'invoices.seller.country',
    'invoices.seller.name',
    'invoices.seller.vat',
    'invoices.vatBasisPoints',
    'invoices.vatByCountry.NL.basisPoints',
    'invoices.vatByCountry.NL.why',
    'invoices.vatByCountry.nl',
    'invoices.vatByCountry.nl.basisPoints',
    'invoices.vatByCountry.nl.note',
  ])
  t.strictSame(
    problems({ invoices: {} })
      .map(problem => problem.split(': ', 1)[0])
      .sort(),
    ['invoices.seller', 'invoices.vatBasisPoints'],
  )
})
