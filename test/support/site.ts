import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import type { Authority } from './certificate.ts'

/** A client's own web server, whose certificate the provider trusts. It ends with the test. @returns its origin */
export async function site(t: Test, authority: Authority, answer: RequestListener): Promise<string> {
  const server = createServer(await authority.server(), answer)
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  t.teardown(() => {
    server.closeAllConnections()
    return new Promise(closed => server.close(closed))
  })
  return `https://localhost:${(server.address() as AddressInfo).port}`
}

/** A site with documents at their paths, which may change meanwhile: JSON, or a text as it is. */
export function publish(
  t: Test,
  authority: Authority,
  documents: Readonly<Record<string, unknown>>,
): Promise<string> {
  return site(t, authority, ({ url = '' }, response) => {
    const document = documents[url]
    response.statusCode = document === undefined ? 404 : 200
    const isText = typeof document === 'string'
    response.setHeader('content-type', isText ? 'application/oauth-authz-req+jwt' : 'application/json')
    response.end(isText ? document : JSON.stringify(document))
  })
}
