import type { Request, Result } from 'autocannon'
import { fire, type Load, summariseLoad } from '../cannon.ts'
import type { Child } from '../child.ts'
import { ROUTE } from '../rows.ts'
import { type Caller, DOMAIN, type Introduction } from './introduction.ts'

/** A server and what it can be asked, by name. */
export interface Asked {
  readonly server: Child
  readonly url: string
  readonly requests: Readonly<Record<'guarded route' | 'usage API' | 'token', readonly Request[]>>
}

const CONNECTIONS = 16

/** Gets the requests ready: those of every caller for the route and for a token, and one caller's to the usage API. */
export async function askable(server: Child): Promise<Asked> {
  const { url, callers } = await server.ask<Introduction>('introduction')
  const [first] = callers as [Caller]
  const granted = await fetch(`${url}/oauth/token`, tokenRequest(url, first))
  const { access_token: accessToken } = (await granted.json()) as { readonly access_token?: string }
  if (!accessToken) throw new Error(`The client got no access token: ${granted.status}.`)
  return {
    server,
    url,
    requests: {
      'guarded route': callers.map(caller => ({ path: ROUTE, headers: credentials(caller) })),
      'usage API': [
        {
          path: `/manage/v1/workspaces/${first.workspaceId}/usage?interval=day&by=route`,
          headers: { authorization: `Bearer ${accessToken}`, 'x-forwarded-proto': 'https' },
        },
      ],
      token: callers.map(caller => ({ path: '/oauth/token', ...tokenRequest(url, caller) })),
    },
  }
}

function credentials({ clientId, secret }: Caller): Record<string, string> {
  return {
    'x-client-id': clientId,
    'x-client-secret': secret,
    'x-client-domain': DOMAIN,
    'x-forwarded-proto': 'https',
  }
}

function tokenRequest(url: string, { clientId, secret }: Caller) {
  const form = { grant_type: 'client_credentials', scope: 'manage:read', resource: `${url}/manage/v1` }
  return {
    method: 'POST' as const,
    headers: {
      authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams(form).toString(),
  }
}

/**
 * Asks at a steady rate, in turn.
 * @throws {Error} when any answer was not 200
 */
export async function ask(
  { url }: Asked,
  requests: readonly Request[],
  { rate, seconds }: { readonly rate: number; readonly seconds: number },
): Promise<Load> {
  let next = 0
  const {
    result,
    durations,
    seconds: elapsed,
  } = await fire({
    url,
    connections: CONNECTIONS,
    duration: seconds,
    overallRate: rate,
    // Each connection begins somewhere else, so that they do not all ask in the name of one client at once.
    setupClient: client => {
      const begin = (next++ * 37) % requests.length
      client.setRequests([...requests.slice(begin), ...requests.slice(0, begin)])
    },
  })
  const wrong = durations.length - result['2xx'] + result.errors + result.timeouts
  if (wrong > 0 || durations.length === 0)
    throw new Error(
      `Of ${durations.length} answers ${result.non2xx} had another status than 2xx (${statuses(result)}); ` +
        `${result.errors} connections failed.`,
    )
  return summariseLoad(durations, elapsed)
}

/** How many answers there were of each status, such as `200: 600, 429: 509`. */
function statuses({ statusCodeStats }: Result): string {
  return Object.entries(statusCodeStats ?? {})
    .map(([status, { count }]) => `${status}: ${count}`)
    .join(', ')
}
