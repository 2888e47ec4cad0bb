import { type MountedKit, updateDomain, type XwmsOptions } from '@xwms/core'
import type { Test } from 'tap'
import { type MountedOn, OPTIONS, UNLIMITED } from './mounted.ts'

export const RESOURCE = 'https://api.example.com/reports'

type Host = MountedOn<MountedKit>

/** Applications whose requests pass two guards, in which requests cost something: what is billed, and what the log says of it. */
export class TwoGuards {
  /** All warnings of two guards. */
  readonly told: string[] = []
  readonly options: XwmsOptions

  constructor() {
    const warn = (_fields: object, message: string) => {
      if (message.includes('two guards')) this.told.push(message)
    }
    this.options = {
      ...UNLIMITED,
      logger: { debug() {}, info() {}, warn, error() {} },
      prices: { ...OPTIONS.prices, default: 10, dear: 500 },
    }
  }

  /** Below `/reports`: `/plain` passes one guard, `/dear` one more of another price, `/named` one that has a name as well. */
  async billsBoth(t: Test, host: Host): Promise<void> {
    const call = await calls(host)
    t.strictSame(await call('/reports/plain'), { status: 200, body: [] })
    t.strictSame(this.told, [], 'one guard is nothing to tell')
    for (const path of ['/dear', '/DEAR', '/dear?again', '/named', '/named'])
      t.strictSame(await call(`/reports${path}`), { status: 200, body: [] })
    t.strictSame(
      (await host.events()).map(({ route, priceNanoEuro }) => `${route} ${priceNanoEuro}`).sort(),
      [
        ...Array(3).fill('GET /reports/dear 10'),
        ...Array(3).fill('GET /reports/dear 500'),
        ...Array(2).fill('GET /reports/named 10'),
        'GET /reports/plain 10',
        ...Array(2).fill('the dear one 500'),
      ],
    )
    t.match(this.told, [
      /: GET \/reports\/dear at the price default, then GET \/reports\/dear at the price dear\. Guard the router or each/,
      /: GET \/reports\/named at the price default, then the dear one at the price dear\./,
    ])
    t.equal(this.told.length, 2)
  }

  /** `/reports` passes a guard by headers, and then one by token. */
  async billsTheFirst(t: Test, host: Host): Promise<void> {
    const call = await calls(host)
    t.equal((await call('/reports')).status, 401)
    t.match(await host.events(), [{ status: 401, priceNanoEuro: 10 }])
    t.strictSame(this.told, [])
  }

  /** `/reports/x` passes a guard by token, then one by headers, and answers whom each of them found. */
  async findsBothCallers(t: Test, host: Host): Promise<void> {
    const call = await calls(host)
    const form = {
      grant_type: 'client_credentials',
      client_id: host.client.id,
      client_secret: host.secret.value,
    }
    const body = new URLSearchParams({ ...form, resource: RESOURCE })
    const issued = await fetch(`${host.url}/oauth/token`, { method: 'POST', body })
    const { access_token } = (await issued.json()) as { access_token: string }
    for (let request = 0; request < 2; request++) {
      t.strictSame(await call('/reports/x', { authorization: `Bearer ${access_token}` }), {
        status: 200,
        body: [RESOURCE, 'Paper Shop', 'Paper Shop', 'shop.example.com'],
      })
    }
    t.equal((await call('/reports/x')).status, 401, 'the token is asked for')
    t.strictSame((await host.events()).map(({ priceNanoEuro }) => priceNanoEuro).sort(), [10, 10, 500, 500])
    t.match(this.told, [/: GET \/reports\/x at the price default, then GET \/reports\/x at the price dear\./])
    t.equal(this.told.length, 1)
  }
}

/** Calls in the name of a client whose requests are billed. */
async function calls(host: Host) {
  await updateDomain(host.environment, { clientId: host.client.id, domain: host.domain.id }, { mode: 'live' })
  return async (path: string, more: Record<string, string> = {}) => {
    const headers = { ...host.headers, 'x-forwarded-proto': 'https', ...more }
    const response = await fetch(host.url + path, { headers, signal: AbortSignal.timeout(5000) })
    return { status: response.status, body: await response.json() }
  }
}
