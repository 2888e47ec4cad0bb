import type { Config } from '../../../src/config/config.ts'
import { composeInvoice } from '../../../src/context/billing/compose-invoice.ts'
import type { Invoice } from '../../../src/model/invoice.ts'
import type { Workspace } from '../../../src/model/workspace.ts'
import type { MonthFacts } from '../../../src/storage/billing.ts'
import { usage } from './month.ts'

export const NOW = new Date('2026-11-02T08:00:00Z')
export const OCTOBER = new Date('2026-10-01T00:00:00Z')

export const CONFIG = {
  plans: {
    enterprise: {
      title: 'Enterprise',
      monthlyFeeNanoEuro: 29_000_000_000,
      includedRequests: 100,
      hardCap: false,
    },
  },
  prices: {},
  invoices: {
    seller: {
      name: 'Grün & Söhne GmbH',
      addressLines: ['Hauptstraße 1', '10115 Berlin'],
      country: 'DE',
      vatId: 'DE123456789',
    },
    vatBasisPoints: 1900,
    vatByCountry: { NL: { basisPoints: 0, note: 'Reverse charge' } },
    numberPrefix: 'INV-',
    dueDays: 14,
  },
} satisfies Pick<Config, 'plans' | 'prices' | 'invoices'>

export const WORKSPACE: Workspace = {
  id: 'ws_1',
  name: 'Acme',
  plan: 'enterprise',
  planStatus: 'active',
  monthlyRequestCap: undefined,
  monthlySpendCapNanoEuro: undefined,
  billing: undefined,
  createdAt: new Date('2026-01-01T00:00:00Z'),
}

export function facts(given: Partial<MonthFacts> = {}): MonthFacts {
  return {
    workspace: WORKSPACE,
    month: OCTOBER,
    planName: 'enterprise',
    firstUsedAt: OCTOBER,
    usage: [usage({ requests: 150n }), usage({ route: 'GET /free', unitPriceNanoEuro: 0, requests: 3n })],
    earlierMonths: [],
    ...given,
  }
}

export function invoice(given: Partial<MonthFacts> = {}): Invoice {
  return composeInvoice(facts(given), 7, CONFIG, NOW)
}

/** An invoice whose seller and customer are told of with everything that there is. */
export function fullInvoice(): Invoice {
  const seller = {
    ...CONFIG.invoices.seller,
    registration: 'HRB 1',
    email: 'a@example.com',
    paymentTerms: 'To DE00',
  }
  const billing = {
    name: 'Acme B.V.',
    addressLines: ['Damrak 1'],
    country: 'NL',
    vatId: 'NL1',
    email: 'b@example.com',
  }
  const workspace = { ...WORKSPACE, billing }
  return composeInvoice(facts({ workspace }), 7, { ...CONFIG, invoices: { ...CONFIG.invoices, seller } }, NOW)
}
