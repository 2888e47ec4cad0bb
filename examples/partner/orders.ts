/** An order, as the roaster's application tells of it. */
export interface Order {
  readonly number: number
  readonly beans: string
  readonly kilograms: number
  readonly status: string
}

/** The credentials of a client, as for XWMS itself. */
export interface OrdersOptions {
  /** The roaster's application, which has XWMS in it. */
  readonly xwmsUrl: string
  readonly clientId: string
  readonly clientSecret: string
  readonly domain: string
}

/**
 * Reads the shop's orders over the roaster's own API, which XWMS guards: the same three headers open it.
 * @throws {Error} with a message for a person
 */
export async function readOrders(options: OrdersOptions): Promise<readonly Order[]> {
  const response = await fetch(`${options.xwmsUrl}/orders`, {
    headers: {
      accept: 'application/json',
      'x-client-id': options.clientId,
      'x-client-secret': options.clientSecret,
      'x-client-domain': options.domain,
    },
    // The secret is for the roaster and goes nowhere else.
    redirect: 'error',
    signal: AbortSignal.timeout(10_000),
  })
  const body = (await response.json()) as { message: string; orders: readonly Order[] }
  if (!response.ok) throw new Error(body.message)
  return body.orders
}
