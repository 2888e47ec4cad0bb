import type { KitOptions } from '@xwms/core'
import type { ProviderOptions } from '../conformance/provider.ts'

/** An authorization detail (RFC 9396) as a client asks for it. */
export const PAYMENT = { type: 'payment', amount: '12.00', locations: ['https://pay.example.com'] }

/** What the provider's owner configures for it. */
export const PAYMENTS: KitOptions['oauth'] = {
  authorizationDetails: {
    payment: {
      describe: ({ amount }) => `Pay ${amount} euro`,
      problem: ({ amount }) => (typeof amount === 'string' ? undefined : 'needs an amount'),
    },
  },
}

export const withPayments: ProviderOptions = () => ({ oauth: PAYMENTS })
