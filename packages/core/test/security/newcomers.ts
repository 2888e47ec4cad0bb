import type { Test } from 'tap'
import { httpsServer } from '../../../../test/support/https-server.ts'
import type { KitOptions } from '../../src/config/options.ts'
import { createWorkspace } from '../../src/manage/workspaces.ts'
import { type Installation, installation } from '../installation.ts'

export const INITIAL_TOKEN = 'an-initial-access-token-of-at-least-32-characters'

/** An installation whose clients may come by themselves. */
export interface Newcomers {
  readonly xwms: Installation
  /** Where a stranger has his site. */
  readonly site: string
  /** Publishes the document of a client on the stranger's site, and answers the client's id. */
  publish(path: string, document: Readonly<Record<string, unknown>>): string
  /** Registers a client, and answers what it is told. */
  register(metadata: Readonly<Record<string, unknown>>): Promise<{
    readonly status: number
    // biome-ignore lint/suspicious/noExplicitAny: tests read whatever an answer holds.
    readonly body: any
  }>
}

/** Opens the doors: for documents, and for whoever has an initial access token. */
export async function newcomers(t: Test, options: Partial<KitOptions> = {}): Promise<Newcomers> {
  const documents = new Map<string, string>()
  const server = await httpsServer(({ url = '' }, response) => {
    response.writeHead(documents.has(url) ? 200 : 404, { 'content-type': 'application/json' })
    response.end(documents.get(url))
  })
  t.teardown(() => server.close())
  const { storage, environment } = installation()
  const home = await createWorkspace(environment, { name: 'Newcomers', plan: 'enterprise', owner: '4711' })
  const selfMade = { workspaceId: home.id, scopes: ['openid', 'email', 'offline_access'] }
  const xwms = installation(
    {
      outbound: { allowPrivateAddresses: true, ca: server.ca },
      ...options,
      oauth: {
        ...options.oauth,
        clientIdMetadataDocuments: selfMade,
        registration: { ...selfMade, initialAccessTokens: [INITIAL_TOKEN] },
      },
    },
    () => storage,
  )
  t.teardown(() => xwms.kit.close())
  return {
    xwms,
    site: server.url,
    publish(path, document) {
      const clientId = server.url + path
      documents.set(path, JSON.stringify({ client_id: clientId, ...document }))
      return clientId
    },
    async register(metadata) {
      const { status, body } = await xwms.ask('POST', '/oauth/register', {
        json: metadata,
        headers: { authorization: `Bearer ${INITIAL_TOKEN}` },
      })
      return { status, body: JSON.parse(body) }
    },
  }
}
