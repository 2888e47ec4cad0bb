// The server of the clients: what the kit fetches from them, good and otherwise.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createAuthority } from '../support/certificate.ts'
import type { Json } from './draft.ts'
import { BYTES } from './hostile.ts'
import { randomFor } from './random.ts'
import { jsonText } from './structure.ts'

export interface FarSide {
  readonly url: string
  /** The authority that vouches for it, in PEM. */
  readonly ca: string
  close(): void
}

/** What is there by path, such as `/good/jwks` or `/bad/jwks`; a text is sent as it is. */
export type Documents = Readonly<Record<string, Json>>

const TYPES = [
  'application/json',
  'application/jwk-set+json',
  'text/html',
  '',
  'application/json; charset=utf-7',
]

/** Starts it. What is below `/bad` has something wrong, each time something else. */
export async function startFarSide(documents: Documents): Promise<FarSide> {
  const authority = await createAuthority()
  const server = createServer(await authority.server())
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  const url = `https://localhost:${(server.address() as AddressInfo).port}`
  let requests = 0
  server.on('request', (request, response) => {
    if (request.url === '/logout') logout(response, requests++)
    else answer(documents, request, response, requests++)
  })
  return {
    url,
    ca: authority.cert,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

function logout(response: ServerResponse, count: number): void {
  response.statusCode = [200, 204, 200, 400, 503][count % 5] as number
  response.end()
}

function answer(
  documents: Documents,
  { url = '' }: IncomingMessage,
  response: ServerResponse,
  count: number,
): void {
  const path = url.split('?')[0] as string
  const document = documents[path]
  if (document === undefined) {
    response.statusCode = 404
    response.end()
    return
  }
  const isGood = path.startsWith('/good/')
  const random = randomFor(7, count)
  const text = typeof document === 'string' ? document : jsonText(document, random, isGood ? 0 : 0.7)
  if (isGood || random.chance(0.6)) {
    response.setHeader('content-type', 'application/json')
    response.end(text)
    return
  }
  response.statusCode = random.pick([200, 200, 204, 301, 404, 500])
  response.setHeader('content-type', random.pick(TYPES))
  response.setHeader(
    'cache-control',
    random.pick(['no-store', 'max-age=1', 'max-age=99999999999999999999', ',,=']),
  )
  response.setHeader('location', '/good/jwks')
  if (random.chance(0.1)) response.destroy()
  else response.end(random.chance(0.5) ? random.pick(BYTES) : text.slice(0, random.below(text.length)))
}
