// The client of these journeys is the MCP TypeScript SDK's own, which knows nothing but the address of an MCP server.

import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js'
import {
  createClient,
  createWorkspace,
  DEFAULT_PLANS,
  type Kit,
  type ManageEnvironment,
  type Storage,
  type UsageEvent,
  type User,
  type XwmsOptions,
} from '@xwms/core'
import { xwms as xwmsForKoa } from '@xwms/koa'
import { postgres } from '@xwms/storage-kysely'
import { memory } from '@xwms/storage-memory'
import Koa from 'koa'
import t, { type Test } from 'tap'
import { createApp, createMcpServer } from '../../examples/mcp-server.ts'
import { freshDatabase } from '../support/database.ts'
import { CALLBACK, connected, documentOfClient, Memory, whoami } from '../support/mcp-client.ts'
import { addUser } from '../support/seed.ts'

/** Another resource of the same authorization server. */
const ELSEWHERE = 'https://elsewhere.example.com/mcp'

/** An application with XWMS and an MCP server in it. */
interface Site {
  readonly kit: Kit
  readonly origin: string
  readonly issuer: string
  readonly environment: ManageEnvironment
  readonly workspaceId: string
  readonly user: User
  passes(seconds: number): void
  events(): Promise<UsageEvent[]>
}

type Host = (options: XwmsOptions) => { readonly kit: Kit; readonly listener: RequestListener }

const HOSTS: Readonly<Record<string, Host>> = {
  Express(options) {
    const { app, auth } = createApp(options)
    return { kit: auth.kit, listener: app }
  },
  Koa(options) {
    const app = new Koa()
    const auth = xwmsForKoa({
      scopes: { mcp: 'Use the tools of this server' },
      prices: { mcp: 50_000 },
      ...options,
    })
    const guard = auth.protect({ resource: '/mcp', scope: 'mcp', price: 'mcp', route: 'POST /mcp' })
    app.silent = true
    app.use(auth)
    app.use((context, next) => (context.path === '/mcp' ? guard(context, next) : next()))
    app.use(async context => {
      if (context.method !== 'POST') context.throw(405)
      context.respond = false
      const transport = new StreamableHTTPServerTransport()
      context.res.once('close', () => void transport.close())
      await createMcpServer().connect(transport)
      await transport.handleRequest(context.req, context.res)
    })
    return { kit: auth.kit, listener: app.callback() }
  },
}

const STORAGES: Readonly<Record<string, (t: Test) => Promise<Storage>>> = {
  memory: async () => memory(),
  async PostgreSQL(t) {
    const database = await freshDatabase()
    t.teardown(() => database.drop())
    return postgres({ connectionString: database.url, maxConnections: 4 })
  },
}

async function start(t: Test, host: Host, storage: Storage, more: Setting = {}): Promise<Site> {
  await storage.ready()
  const environment: ManageEnvironment = {
    storage,
    plans: DEFAULT_PLANS,
    scopes: undefined,
    now: new Date(),
    actor: 'test',
    ip: undefined,
  }
  const workspace = await createWorkspace(environment, { name: 'Tools', plan: 'enterprise', owner: '4711' })
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const issuer = origin + (more.issuerPath ?? '')
  let passed = 0
  const { kit, listener } = host({
    issuer,
    storage,
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    now: () => new Date(Date.now() + passed * 1000),
    oauth: {
      resources: { [ELSEWHERE]: { name: 'Elsewhere' } },
      ...(more.ca && { clientIdMetadataDocuments: { workspaceId: workspace.id, scopes: ['mcp'] } }),
    },
    outbound: more.ca === undefined ? {} : { allowPrivateAddresses: true, ca: more.ca },
  })
  server.on('request', listener)
  t.teardown(async () => {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
    await kit.close()
  })
  await kit.ready()
  return {
    kit,
    origin,
    issuer,
    environment,
    workspaceId: workspace.id,
    user: await addUser(kit, { email: 'ada@example.com', givenName: 'Ada' }),
    passes(seconds) {
      passed += seconds
    },
    events() {
      const query = { workspaceId: workspace.id, from: new Date(0), to: new Date('2999-01-01') }
      return storage.usage.events(query, 100)
    },
  }
}

interface Setting {
  /** Lets the kit read client id metadata documents of a server that this authority vouches for. */
  readonly ca?: string
  /** Default: none. */
  readonly issuerPath?: string
}

/** Runs a journey in every framework, over every storage. */
function everywhere(name: string, journey: (t: Test, host: Host, storage: Storage) => Promise<void>): void {
  for (const [storage, open] of Object.entries(STORAGES)) {
    for (const [framework, host] of Object.entries(HOSTS)) {
      t.test(`${name} (${storage}, ${framework})`, async t => journey(t, host, await open(t)))
    }
  }
}

everywhere('an MCP client that its owner registered finds the way to a token', async (t, host, storage) => {
  const site = await start(t, host, storage)
  const { client: registered } = await createClient(site.environment, {
    workspaceId: site.workspaceId,
    name: 'Desk',
    type: 'public',
    redirectUris: ['http://127.0.0.1/callback'],
    scopes: ['mcp'],
  })
  const provider = new Memory({ client: { client_id: registered.id, issuer: site.origin } })
  const client = await connected(t, site, provider)
  const { user } = site
  t.match(await whoami(client), { content: [{ text: `${user.sub} by ${registered.id}` }] })
  const calls = (await site.events()).filter(({ status }) => status === 200)
  t.match(calls.at(-1), {
    clientId: registered.id,
    domainId: undefined,
    route: 'POST /mcp',
    mode: 'live',
    sub: user.sub,
    priceNanoEuro: 50_000,
  })

  const before = provider.saved
  site.passes(3601)
  t.match(
    await whoami(client),
    { content: [{ text: `${user.sub} by ${registered.id}` }] },
    'refreshed by itself',
  )
  t.not(provider.saved?.access_token, before?.access_token)
  t.not(provider.saved?.refresh_token, before?.refresh_token)

  provider.sentTo = undefined
  await storage.clientUsers.revoke(registered.id, user.sub, new Date())
  await t.rejects(whoami(client), new UnauthorizedError(), 'what the user took back is gone at once')
  t.ok(provider.sentTo, 'and the user is asked anew')
})

everywhere('an MCP client that nobody registered is known by its document', async (t, host, storage) => {
  const documents = await documentOfClient(t)
  const site = await start(t, host, storage, documents)
  const { metadataUrl } = documents
  const client = await connected(t, site, new Memory({ metadataUrl }))
  t.match(await whoami(client), { content: [{ text: `${site.user.sub} by ${metadataUrl}` }] })
  site.passes(3601)
  t.match(await whoami(client), { content: [{ text: `${site.user.sub} by ${metadataUrl}` }] })
})

everywhere('a token that is not good enough leads to a new authorization', async (t, host, storage) => {
  const site = await start(t, host, storage)
  const { client: registered, secret } = await createClient(site.environment, {
    workspaceId: site.workspaceId,
    name: 'Desk',
    redirectUris: [CALLBACK],
    grantTypes: ['authorization_code', 'client_credentials'],
    scopes: ['mcp', 'email'],
  })
  const credentials = { client_id: registered.id, client_secret: secret?.value ?? '' }
  const address = new URL(`${site.origin}/mcp`)
  const asked: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    'for another resource': { resource: ELSEWHERE },
    'for no resource': {},
    'of another scope': { resource: `${address}`, scope: 'email' },
  }
  for (const [what, parameters] of Object.entries(asked)) {
    const response = await fetch(`${site.origin}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials', ...credentials, ...parameters }),
    })
    const provider = new Memory({ client: { ...credentials, issuer: site.origin } })
    provider.saveTokens((await response.json()) as OAuthTokens)
    const transport = new StreamableHTTPClientTransport(address, { authProvider: provider })
    await t.rejects(
      new Client({ name: 'desk', version: '1' }).connect(transport),
      new UnauthorizedError(),
      what,
    )
    t.equal(provider.sentTo?.searchParams.get('resource'), `${address}`, what)
    t.equal(provider.sentTo?.searchParams.get('scope'), 'mcp', what)
  }
  t.strictSame(await site.events(), [], 'and none of it was served')
})

everywhere('an issuer with a path is found from the MCP server beside it', async (t, host, storage) => {
  const site = await start(t, host, storage, { issuerPath: '/auth' })
  const { client: registered } = await createClient(site.environment, {
    workspaceId: site.workspaceId,
    name: 'Desk',
    type: 'public',
    redirectUris: ['http://127.0.0.1/callback'],
    scopes: ['mcp'],
  })
  const provider = new Memory({ client: { client_id: registered.id, issuer: site.issuer } })
  const client = await connected(t, site, provider)
  t.equal(provider.sentTo?.pathname, '/auth/oauth/authorize')
  t.match(await whoami(client), { content: [{ text: `${site.user.sub} by ${registered.id}` }] })
})
