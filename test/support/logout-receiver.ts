import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Test } from 'tap'
import type { Authority } from './certificate.ts'

/** A client's own server, which is told of logouts. It ends with the test. */
export interface LogoutReceiver {
  readonly uri: string
  /** The logout tokens that came, in their order. */
  readonly tokens: readonly string[]
}

export async function logoutReceiver(t: Test, authority: Authority): Promise<LogoutReceiver> {
  const tokens: string[] = []
  const server = createServer(await authority.server(), async (request, response) => {
    tokens.push(new URLSearchParams(await text(request)).get('logout_token') ?? '')
    response.end()
  })
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  t.teardown(() => {
    server.closeAllConnections()
    return new Promise(closed => server.close(closed))
  })
  return { uri: `https://localhost:${(server.address() as AddressInfo).port}/logout`, tokens }
}
