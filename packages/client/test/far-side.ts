// The far side of the wire: a real server on this machine that notes what arrives and answers as it is told.

import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { XwmsClient, type XwmsClientOptions } from '../src/index.ts'

export interface Arrived {
  readonly method: string | undefined
  readonly path: string | undefined
  readonly headers: IncomingHttpHeaders
  /** The parsed JSON, or undefined when there was no body. */
  readonly body: unknown
}

export interface FarSide {
  /** A client whose base URL is this server. */
  readonly client: XwmsClient
  /** The address of the server, with a slash at its end. */
  readonly url: string
  readonly arrived: Arrived[]
  /** Decides the next answers. */
  answer: (response: ServerResponse) => void
}

export const SECRET = 'xwms_sk_very_secret'

/** Starts a server that lives as long as the test. */
export async function farSide(t: Test, options: Partial<XwmsClientOptions> = {}): Promise<FarSide> {
  const server = createServer(async (request, response) => {
    const text = (await request.setEncoding('utf8').toArray()).join('')
    arrived.push({
      method: request.method,
      path: request.url,
      headers: request.headers,
      body: text === '' ? undefined : JSON.parse(text),
    })
    side.answer(response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })

  const arrived: Arrived[] = []
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const side: FarSide = {
    client: new XwmsClient({
      baseUrl: `${url}api`,
      clientId: 'client-1',
      clientSecret: SECRET,
      domain: 'shop.example.com',
      ...options,
    }),
    url,
    arrived,
    answer: success({}),
  }
  return side
}

/** The envelope of success. */
export function success(data: unknown): (response: ServerResponse) => void {
  return json(200, { status: 'success', message: 'Done', data })
}

export function json(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): (response: ServerResponse) => void {
  return raw(status, JSON.stringify(body), { 'content-type': 'application/json', ...headers })
}

export function raw(
  status: number,
  body: string,
  headers: Record<string, string> = {},
): (response: ServerResponse) => void {
  return response => response.writeHead(status, headers).end(body)
}
