import { type EarlierMonth, type Invoice, type InvoiceCustomer, type MonthUsage, monthCost } from '@xwms/core'

/** Requests of a month that are billed, as a counter has them. */
export function monthUsage(given: Partial<MonthUsage> = {}): MonthUsage {
  return {
    route: 'GET /orders',
    mode: 'live',
    statusClass: 2,
    unitPriceNanoEuro: 10_000,
    requests: 1n,
    ...given,
  }
}

/** An invoice of EUR 29 and 150 requests, of which 100 are included; with the usage and the customer given. */
export function sampleInvoice(
  given: {
    readonly usage?: readonly MonthUsage[]
    readonly customer?: Partial<InvoiceCustomer>
    readonly earlierMonths?: readonly EarlierMonth[]
  } = {},
): Invoice {
  const free = monthUsage({ route: 'GET /free', unitPriceNanoEuro: 0, requests: 3n })
  const usage = given.usage ?? [monthUsage({ requests: 150n }), free]
  return {
    ...monthCost(usage, { feeNanoEuro: 29_000_000_000, includedRequests: 100, vatBasisPoints: 1900 }),
    number: 'INV-2026-000007',
    workspaceId: 'ws_1',
    month: new Date('2026-10-01T00:00:00Z'),
    issuedAt: new Date('2026-11-02T08:00:00Z'),
    dueAt: new Date('2026-11-16T08:00:00Z'),
    seller: {
      name: 'Grün & Söhne GmbH',
      addressLines: ['Hauptstraße 1', '10115 Berlin'],
      country: 'DE',
      vatId: 'DE123456789',
    },
    customer: {
      name: 'Acme',
      addressLines: [],
      country: undefined,
      vatId: undefined,
      email: undefined,
      ...given.customer,
    },
    plan: { name: 'enterprise', title: 'Enterprise', includedRequests: 100 },
    earlierMonths: given.earlierMonths ?? [],
    vatNote: undefined,
  }
}
