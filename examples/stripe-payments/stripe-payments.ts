// A payment provider for invoices, over Stripe's API: https://docs.stripe.com/api/payment_intents
//
//   export default {
//     invoices: {
//       seller: { … },
//       vatBasisPoints: 2100,
//       payments: stripePayments({ secretKey: process.env.STRIPE_SECRET_KEY, accountOf }),
//     },
//   }
//
// Cards never come near: a customer gives theirs to Stripe (Checkout, in setup mode), and the application keeps two ids.
import { setTimeout as delay } from 'node:timers/promises'
import type { Invoice, PaymentProvider } from '@xwms/core'

/** What Stripe calls a workspace and the way it pays. */
export interface StripeAccount {
  /** `cus_…` */
  readonly customer: string
  /** `pm_…` */
  readonly paymentMethod: string
}

export interface StripeOptions {
  readonly secretKey: string
  /** How a workspace pays; `undefined` for one that has told nothing yet. */
  accountOf(workspaceId: string): Promise<StripeAccount | undefined>
  /** Default: Stripe. */
  readonly apiUrl?: string
}

const ATTEMPTS = 3
const TIMEOUT_MS = 30_000

/** Charges what an invoice comes to, once, however often it is asked to. */
export function stripePayments({
  secretKey,
  accountOf,
  apiUrl = 'https://api.stripe.com',
}: StripeOptions): PaymentProvider {
  async function call(path: string, init: RequestInit = {}): Promise<Record<string, unknown>> {
    const headers = { authorization: `Bearer ${secretKey}`, ...init.headers }
    for (let attempt = 1; ; attempt++) {
      const response = await fetch(apiUrl + path, {
        ...init,
        headers,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      }).catch((error: Error) => error)
      const passing =
        response instanceof Error ||
        response.status === 409 ||
        response.status === 429 ||
        response.status >= 500
      // Repeated as it is: the idempotency key makes an attempt whose outcome is unknown and its repetition one.
      if (passing && attempt < ATTEMPTS) await delay(200 * attempt)
      else if (response instanceof Error) throw new Error(`Stripe was not reached: ${response.message}`)
      else return await bodyOf(response)
    }
  }

  /** Stripe forgets an idempotency key after a day; what was paid for an invoice it can be asked for ever. */
  async function paid(number: string): Promise<string | undefined> {
    const query = new URLSearchParams({ query: `metadata['invoice']:'${number}'` })
    const { data } = await call(`/v1/payment_intents/search?${query}`)
    const intents = data as readonly { readonly id: string; readonly status: string }[]
    return intents.find(({ status }) => status === 'succeeded' || status === 'processing')?.id
  }

  async function charge(invoice: Invoice): Promise<string> {
    const account = await accountOf(invoice.workspaceId)
    if (account === undefined)
      throw new Error(`The workspace ${invoice.workspaceId} has given no way to pay yet.`)
    const body = new URLSearchParams({
      amount: String(invoice.grossCents),
      currency: 'eur',
      customer: account.customer,
      payment_method: account.paymentMethod,
      confirm: 'true',
      off_session: 'true',
      description: `Invoice ${invoice.number}`,
      'metadata[invoice]': invoice.number,
      'metadata[workspace]': invoice.workspaceId,
    })
    const { id } = await call('/v1/payment_intents', {
      method: 'POST',
      headers: { 'idempotency-key': invoice.number },
      body,
    })
    return id as string
  }

  return {
    async collect(invoice) {
      return { reference: (await paid(invoice.number)) ?? (await charge(invoice)) }
    },
  }
}

/** Stripe's own words go to whoever asked; they name no secret. */
async function bodyOf(response: Response): Promise<Record<string, unknown>> {
  const body = (await response.json()) as { error?: { message?: string; code?: string } }
  if (response.ok) return body
  throw new Error(
    `Stripe refused (${body.error?.code ?? response.status}): ${body.error?.message ?? 'no reason given'}`,
  )
}
