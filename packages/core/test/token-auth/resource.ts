import { randomUUID } from 'node:crypto'
import type { KitOptions } from '../../src/config/options.ts'
import type { ClientInput } from '../../src/manage/clients.ts'
import type { TokenProtectOptions } from '../../src/protect.ts'
import type { TokenAdmission, TokenGuardRequest, TokenRefusal } from '../../src/token-auth/guard.ts'
import { type Asked, type Installation, ISSUER, installation, type Registered } from '../installation.ts'
import { approvedCode } from '../oauth/approved.ts'
import { token } from '../oauth/partner.ts'

/** The route that is guarded, by its resource indicator. */
export const ORDERS = `${ISSUER}/orders`

/** An installation with a route that takes access tokens, and a client that may have them. */
export interface Scene extends Installation {
  readonly shop: Registered
  /** A token of the client's own. */
  token(form?: Readonly<Record<string, string>>, over?: Asked): Promise<string>
  /** A token that a user gave to the client. */
  userToken(parameters?: Readonly<Record<string, string>>): Promise<string>
  /** Comes to the route with these header fields. */
  come(
    headers: TokenGuardRequest['headers'],
    over?: Partial<TokenGuardRequest>,
  ): Promise<TokenAdmission | TokenRefusal>
  /** Comes with a token, which has to be good. */
  admitted(accessToken: string): Promise<TokenAdmission>
  /** Comes with a token, and is refused: with what. */
  refused(...asked: Parameters<Scene['come']>): Promise<Refused>
}

export interface Refused {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever an answer holds.
  readonly body: any
}

export async function scene(
  protect: Partial<TokenProtectOptions> = {},
  options: Partial<KitOptions> = {},
  client: Partial<ClientInput> = {},
): Promise<Scene> {
  const xwms = installation({ prices: { orders: 25 }, ...options })
  const guard = xwms.kit.protect({ resource: '/orders', scope: 'orders:read', price: 'orders', ...protect })
  const shop = await xwms.client(client)

  async function redeem(form: Readonly<Record<string, string>>, over?: Asked): Promise<string> {
    const { status, body } = await token(xwms, shop, form, over)
    if (status !== 200) throw new Error(JSON.stringify(body))
    return body.access_token
  }

  const self: Scene = {
    ...xwms,
    shop,
    token: (form = {}, over = {}) =>
      redeem({ grant_type: 'client_credentials', scope: 'orders:read', resource: ORDERS, ...form }, over),
    async userToken(parameters = {}) {
      const user = await xwms.user({ sub: '4711', email: `${randomUUID()}@example.com` })
      const scopes = ['openid', 'orders:read']
      const code = await approvedCode(xwms, shop.client, user, {
        scopes,
        parameters: { resource: ORDERS, ...parameters },
      })
      return redeem(code)
    },
    come: async (headers, over) =>
      guard({
        method: 'GET',
        path: () => '/orders',
        ip: () => '203.0.113.10',
        hasLeft: () => false,
        certificate: () => undefined,
        route: 'GET /orders',
        ...over,
        headers: { 'x-request-id': 'request-1', ...headers },
      }),
    async admitted(accessToken) {
      const verdict = await self.come({ authorization: `Bearer ${accessToken}` })
      if (!verdict.admitted) throw new Error(verdict.response.body)
      return verdict
    },
    async refused(...asked) {
      const verdict = await self.come(...asked)
      if (verdict.admitted) throw new Error('Somebody was admitted.')
      const { status, headers, body } = verdict.response
      return { status, headers, body: JSON.parse(body) }
    },
  }
  return self
}
