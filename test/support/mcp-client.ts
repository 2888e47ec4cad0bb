// The MCP TypeScript SDK's own client, which knows nothing but the address of an MCP server.

import { type OAuthClientProvider, UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type {
  OAuthClientInformationMixed,
  OAuthClientMetadata,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js'
import type { Test } from 'tap'
import { Browser, type Page } from './browser.ts'
import { httpsServer } from './https-server.ts'
import { PASSWORD } from './seed.ts'

/** Where a program on the user's machine waits for the browser; another port each time it runs (RFC 8252 section 7.3). */
export const CALLBACK = 'http://127.0.0.1:49152/callback'

/** The memory of an MCP client, and a browser that does what its user would. */
export class Memory implements OAuthClientProvider {
  readonly redirectUrl = CALLBACK
  readonly clientMetadata: OAuthClientMetadata = { client_name: 'Desk', redirect_uris: [CALLBACK] }
  readonly clientMetadataUrl?: string
  /** Where the user was sent. */
  sentTo: URL | undefined
  saved: OAuthTokens | undefined
  #client: OAuthClientInformationMixed | undefined
  #verifier = ''

  constructor(known: { readonly client?: OAuthClientInformationMixed; readonly metadataUrl?: string }) {
    this.#client = known.client
    if (known.metadataUrl !== undefined) this.clientMetadataUrl = known.metadataUrl
  }

  clientInformation(): OAuthClientInformationMixed | undefined {
    return this.#client
  }

  saveClientInformation(client: OAuthClientInformationMixed): void {
    this.#client = client
  }

  tokens(): OAuthTokens | undefined {
    return this.saved
  }

  saveTokens(tokens: OAuthTokens): void {
    this.saved = tokens
  }

  redirectToAuthorization(url: URL): void {
    this.sentTo = url
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier
  }

  codeVerifier(): string {
    return this.#verifier
  }

  invalidateCredentials(what: string): void {
    if (what === 'all' || what === 'tokens') this.saved = undefined
  }
}

/** Who signs in. */
interface Person {
  readonly email: string
  readonly password: string
}

const ADA: Person = { email: 'ada@example.com', password: PASSWORD }

/** Signs in and approves, as far as either is asked for. */
async function approve(browser: Browser, url: URL, { email, password }: Person): Promise<Page> {
  let page = await browser.open(url)
  if (page.html.includes('login-submit'))
    page = await browser.press(page, 'login-submit', { login: email, password })
  return page.html.includes('consent-allow') ? browser.press(page, 'consent-allow') : page
}

/** An MCP client that is connected, after its user has allowed it. */
export async function connected(
  t: Test,
  site: { readonly origin: string; readonly issuer: string },
  provider: Memory,
  person: Person = ADA,
): Promise<Client> {
  const address = new URL(`${site.origin}/mcp`)
  const first = new StreamableHTTPClientTransport(address, { authProvider: provider })
  await t.rejects(new Client({ name: 'desk', version: '1' }).connect(first), new UnauthorizedError())
  const { sentTo } = provider
  t.equal(sentTo?.searchParams.get('resource'), `${site.origin}/mcp`)
  t.equal(sentTo?.searchParams.get('scope'), 'mcp')
  const { url } = await approve(new Browser(site.origin), sentTo as URL, person)
  t.equal(url.origin + url.pathname, CALLBACK)
  t.equal(url.searchParams.get('iss'), site.issuer)
  await first.finishAuth(url.searchParams.get('code') ?? '')

  const client = new Client({ name: 'desk', version: '1' })
  await client.connect(new StreamableHTTPClientTransport(address, { authProvider: provider }))
  t.teardown(() => client.close())
  return client
}

export const whoami = (client: Client) => client.callTool({ name: 'whoami' })

/** A client id metadata document on a server of its own, and the authority that vouches for that. */
export async function documentOfClient(
  t: Test,
): Promise<{ readonly metadataUrl: string; readonly ca: string }> {
  const documents = await httpsServer((request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(
      JSON.stringify({
        client_id: `${documents.url}${request.url}`,
        client_name: 'Desk',
        redirect_uris: ['http://127.0.0.1/callback'],
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: 'none',
      }),
    )
  })
  t.teardown(() => documents.close())
  return { metadataUrl: `${documents.url}/desk.json`, ca: documents.ca }
}
