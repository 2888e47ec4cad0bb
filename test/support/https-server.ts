// A server of somebody else's, over TLS, for what the kit fetches from and sends to others.

import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createAuthority } from './certificate.ts'

export interface HttpsServer {
  /** `https://localhost:…` */
  readonly url: string
  /** The authority that vouches for it, in PEM. */
  readonly ca: string
  close(): Promise<void>
}

export async function httpsServer(answer: RequestListener): Promise<HttpsServer> {
  const authority = await createAuthority()
  const server = createServer(await authority.server(), answer)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    ca: authority.cert,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
