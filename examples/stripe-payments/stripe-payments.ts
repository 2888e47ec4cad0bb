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
import { randomUUID } from 'node:crypto'
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

  /**
   * The one payment intent of an invoice: Stripe charges it once at most, whatever card it is tried with. The number is the idempotency
   * key; Stripe forgets that after a day, and finds what it has by the number for ever.
   */
  async function intentOf({ number, workspaceId, grossCents }: Invoice, customer: string): Promise<string> {
    const query = new URLSearchParams({ query: `metadata['invoice']:'${number}'` })
    const { data } = await call(`/v1/payment_intents/search?${query}`)
    const [known] = data as readonly { readonly id: string }[]
    if (known) return known.id
    const { id } = await post('/v1/payment_intents', number, {
      amount: String(grossCents),
      currency: 'eur',
      customer,
      description: `Invoice ${number}`,
      'metadata[invoice]': number,
      'metadata[workspace]': workspaceId,
    })
    return id as string
  }

  function post(path: string, idempotencyKey: string, parameters: Record<string, string>) {
    const headers = { 'idempotency-key': idempotencyKey }
    return call(path, { method: 'POST', headers, body: new URLSearchParams(parameters) })
  }

  async function charge(invoice: Invoice): Promise<string> {
    const account = await accountOf(invoice.workspaceId)
    if (account === undefined)
      throw new Error(`The workspace ${invoice.workspaceId} has given no way to pay yet.`)
    const path = `/v1/payment_intents/${await intentOf(invoice, account.customer)}`
    const { id, status } = await call(path)
    if (status !== 'succeeded' && status !== 'processing')
      await post(`${path}/confirm`, randomUUID(), {
        payment_method: account.paymentMethod,
        off_session: 'true',
      })
    return id as string
  }

  return {
    async collect(invoice) {
      return { reference: await charge(invoice) }
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
