// The example of a payment provider, against a Stripe of its own on this machine.
import t from 'tap'
import { fakeStripe } from '../../examples/stripe-payments/fake-stripe.ts'
import { stripePayments } from '../../examples/stripe-payments/stripe-payments.ts'
import { monthUsage, sampleInvoice } from '../support/invoices.ts'

const SECRET_KEY = 'sk_test_example'
const invoice = sampleInvoice()

async function scene(t: { teardown(end: () => Promise<void>): void }, paymentMethod = 'pm_card') {
  const stripe = await fakeStripe(SECRET_KEY)
  t.teardown(() => stripe.close())
  const payments = stripePayments({
    secretKey: SECRET_KEY,
    apiUrl: stripe.url,
    accountOf: async id => (id === 'ws_1' ? { customer: 'cus_1', paymentMethod } : undefined),
  })
  return { stripe, payments }
}

t.test('an invoice is charged in cents, to the customer of its workspace, under its number', async t => {
  const { stripe, payments } = await scene(t)
  t.strictSame(await payments.collect(invoice), { reference: 'pi_1' })
  t.strictSame(stripe.intents, [
    {
      id: 'pi_1',
      amount: 3451,
      currency: 'eur',
      customer: 'cus_1',
      status: 'succeeded',
      metadata: { invoice: 'INV-2026-000007', workspace: 'ws_1' },
    },
  ])
})

t.test('whatever is lost on the way, and however often it is asked for, it is charged once', async t => {
  const { stripe, payments } = await scene(t)
  stripe.loseNextAnswer()
  t.strictSame(await payments.collect(invoice), { reference: 'pi_1' }, 'an answer that was lost')
  t.strictSame(await payments.collect(invoice), { reference: 'pi_1' }, 'again')
  stripe.forgetKeys()
  t.strictSame(await payments.collect(invoice), { reference: 'pi_1' }, 'again, a day later')
  stripe.failNext(500, 429)
  t.strictSame(await payments.collect(invoice), { reference: 'pi_1' }, 'while Stripe is busy')
  t.equal(stripe.intents.length, 1)
  const other = {
    ...sampleInvoice({ usage: [monthUsage({ requests: 1_000_000n })] }),
    number: 'INV-2026-000008',
  }
  t.strictSame(await payments.collect(other), { reference: 'pi_2' }, 'another invoice is another charge')
})

t.test('a refusal is told in words that hold no secret', async t => {
  const declined = await scene(t, 'pm_declined')
  await t.rejects(declined.payments.collect(invoice), {
    message: 'Stripe refused (card_declined): Your card was declined.',
  })
  await t.rejects(declined.payments.collect({ ...invoice, workspaceId: 'ws_2' }), {
    message: /no way to pay yet/,
  })
  declined.stripe.failNext(503, 503, 503)
  await t.rejects(declined.payments.collect(invoice), { message: 'Stripe refused (api_error): Try again.' })
  await declined.stripe.close()
  const error: Error = await declined.payments.collect(invoice).then(
    () => new Error('was charged'),
    (error: Error) => error,
  )
  t.match(error.message, /^Stripe was not reached/)
  t.notMatch(error.message + error.stack, SECRET_KEY)
  t.equal(declined.stripe.intents.length, 0)
})
