// A resource server that somebody else runs: it knows the issuer and its own name, and checks tokens with oauth4webapi alone.

import type { IncomingMessage } from 'node:http'
import * as oauth from 'oauth4webapi'
import type { Test } from 'tap'
import type { Provider, ProviderOptions } from '../conformance/provider.ts'
import { site } from './site.ts'

/** Its resource indicator, and that of another one. */
export const SHIPMENTS = 'https://api.example.com/shipments'
export const RETURNS = 'https://api.example.com/returns'

/** What the provider's owner configures for them. */
export const withShipments: ProviderOptions = () => ({
  oauth: {
    resources: {
      [SHIPMENTS]: { name: 'Shipments', scopes: ['orders:read'], tokenFormat: 'jwt' },
      [RETURNS]: { name: 'Returns', tokenFormat: 'jwt' },
    },
  },
})

/** Starts it, until the test ends; answers its address. It tells whoever may ask the claims of the token. */
export async function resourceServer(
  t: Test,
  provider: Provider,
  options: oauth.ValidateJWTAccessTokenOptions = {},
): Promise<URL> {
  const trusting = { [oauth.customFetch]: provider.fetch }
  const issuer = new URL(provider.issuer)
  const discovered = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...trusting })
  const as = await oauth.processDiscoveryResponse(issuer, discovered)
  const origin = await site(t, provider.authority, async (request, response) => {
    try {
      const claims = await oauth.validateJwtAccessToken(as, asRequest(request), SHIPMENTS, {
        ...trusting,
        ...options,
      })
      response.setHeader('content-type', 'application/json').end(JSON.stringify(claims))
    } catch (error) {
      const description = error instanceof Error ? error.message.replaceAll('"', "'") : ''
      const challenge = `Bearer error="invalid_token", error_description="${description}"`
      response.writeHead(401, { 'www-authenticate': challenge }).end()
    }
  })
  return new URL(`${origin}/shipments`)
}

function asRequest({ method, url = '', headers }: IncomingMessage): Request {
  const fields = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)])
  return new Request(new URL(url, `https://${headers.host}`), { method, headers: fields })
}
