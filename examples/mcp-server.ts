// An MCP server behind XWMS, in one application: MCP clients find out by themselves where to sign their user in, and every
// call of a tool is metered. It prints whom to sign in as.
//
//     node examples/mcp-server.ts
import { randomBytes } from 'node:crypto'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { createClient, createUser, createWorkspace, DEFAULT_PLANS } from '@xwms/core'
import { type Xwms, type XwmsOptions, xwms } from '@xwms/express'
import { memory } from '@xwms/storage-memory'
import express, { type Express } from 'express'

const SCOPES = { mcp: 'Use the tools of this server' }

export function createApp(options: XwmsOptions = {}): { app: Express; auth: Xwms } {
  const auth = xwms({
    issuer: 'http://localhost:3000',
    scopes: SCOPES,
    prices: { mcp: 50_000 }, // nano-euro a request: EUR 0.00005
    ...options,
  })
  const app = express()
  app.use(auth)
  app
    .route('/mcp')
    .all(auth.protect({ resource: '/mcp', scope: 'mcp', price: 'mcp' }))
    .post(async (req, res) => {
      // Without sessions: a transport for each request, so that any process can take the next one.
      const transport = new StreamableHTTPServerTransport()
      res.once('close', () => void transport.close())
      await createMcpServer().connect(transport)
      await transport.handleRequest(req, res)
    })
    .all((_req, res) => void res.set('allow', 'POST').sendStatus(405))
  return { app, auth }
}

export function createMcpServer(): McpServer {
  const server = new McpServer({ name: 'Paper Plane', version: '1.0.0' })
  // What protect() found out stands in authInfo, as the SDK has it.
  server.registerTool('whoami', { description: 'Who you are' }, ({ authInfo }) => ({
    content: [{ type: 'text', text: `${authInfo?.extra?.sub} by ${authInfo?.clientId}` }],
  }))
  return server
}

/** The server with all that a client and its user need; in memory, so anew with each start. */
export async function createDemo(options: XwmsOptions = {}) {
  const storage = memory()
  const environment = {
    storage,
    plans: DEFAULT_PLANS,
    scopes: SCOPES,
    now: new Date(),
    actor: 'demo',
    ip: undefined,
  }
  const email = 'robin@example.com'
  const password = randomBytes(12).toString('base64url')
  const { sub } = await createUser(environment, { email, password })
  const { id: workspaceId } = await createWorkspace(environment, {
    name: 'Paper Plane',
    plan: 'enterprise',
    owner: sub,
  })
  // For clients that have no document about themselves on the web, and can be told a client id.
  const { client } = await createClient(environment, {
    workspaceId,
    name: 'MCP client on this machine',
    type: 'public',
    redirectUris: ['http://127.0.0.1/callback', 'http://localhost/callback'],
    scopes: ['mcp'],
  })
  const { app, auth } = createApp({
    storage,
    // Without this, or registration, only clients that somebody made come in.
    oauth: { clientIdMetadataDocuments: { workspaceId, scopes: ['mcp'] } },
    ...options,
  })
  return { app, auth, email, password, clientId: client.id }
}

if (import.meta.main) {
  const port = Number(process.env.PORT || 3000)
  const issuer = `http://localhost:${port}`
  const { app, email, password, clientId } = await createDemo({ issuer })
  app.listen(port, () => {
    console.log(`MCP server     ${issuer}/mcp`)
    console.log(`Sign in as     ${email} with ${password}`)
    console.log(
      `Client id      ${clientId} for a client without a document, at http://127.0.0.1/callback on any port`,
    )
  })
}
