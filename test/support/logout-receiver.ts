import { text } from 'node:stream/consumers'
import type { Test } from 'tap'
import type { Authority } from './certificate.ts'
import { site } from './site.ts'

/** A client's own server, which is told of logouts. It ends with the test. */
export interface LogoutReceiver {
  readonly uri: string
  /** The logout tokens that came, in their order. */
  readonly tokens: readonly string[]
}

export async function logoutReceiver(t: Test, authority: Authority): Promise<LogoutReceiver> {
  const tokens: string[] = []
  const origin = await site(t, authority, async (request, response) => {
    tokens.push(new URLSearchParams(await text(request)).get('logout_token') ?? '')
    response.end()
  })
  return { uri: `${origin}/logout`, tokens }
}
