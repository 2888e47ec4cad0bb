// The example of a payment provider, against a Stripe of its own on this machine.
import t from 'tap'
import { fakeStripe } from '../../examples/stripe-payments/fake-stripe.ts'
import { stripePayments } from '../../examples/stripe-payments/stripe-payments.ts'
import { monthUsage, sampleInvoice } from '../support/invoices.ts'

const SECRET_KEY = 'sk_test_example'
const invoice = sampleInvoice()

async function scene(t: { teardown(end: () => Promise<void>): void }, paymentMethod = 'pm_card') {
  const account = { customer: 'cus_1', paymentMethod }
  const stripe = await fakeStripe(SECRET_KEY)
  t.teardown(() => stripe.close())
  const payments = stripePayments({
    secretKey: SECRET_KEY,
    apiUrl: stripe.url,
    accountOf: async id => (id === 'ws_1' ? account : undefined),
  })
  return { stripe, payments, account }
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
  stripe.loseNextAnswer('create')
  stripe.loseNextAnswer('confirm')
  t.strictSame(await payments.collect(invoice), { reference: 'pi_1' }, 'answers that were lost')
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
  t.match(declined.stripe.intents, [{ status: 'requires_payment_method' }])
})

t.test(
  'after a refusal an invoice can be paid with another card, or with the same one mended, and once only',
  async t => {
    for (const wait of [() => {}, (stripe: { forgetKeys(): void }) => stripe.forgetKeys()]) {
      const { stripe, payments, account } = await scene(t, 'pm_declined')
      await t.rejects(payments.collect(invoice), { message: /card_declined/ })
      await t.rejects(payments.collect(invoice), { message: /card_declined/ }, 'the card is asked anew')
      account.paymentMethod = 'pm_card'
      wait(stripe)
      t.strictSame(await payments.collect(invoice), { reference: 'pi_1' })
      account.paymentMethod = 'pm_third'
      t.strictSame(await payments.collect(invoice), { reference: 'pi_1' }, 'not charged to a third one')
      t.match(stripe.intents, [{ status: 'succeeded' }])
    }
  },
)
