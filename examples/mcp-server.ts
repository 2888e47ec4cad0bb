// An MCP server behind XWMS, in one application: MCP clients find out by themselves where to sign their user in, and every
// call of a tool is metered.
//
//     node examples/mcp-server.ts
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { type Xwms, type XwmsOptions, xwms } from '@xwms/express'
import express, { type Express } from 'express'

export function createApp(options: XwmsOptions = {}): { app: Express; auth: Xwms } {
  const auth = xwms({
    issuer: 'http://localhost:3000',
    scopes: { mcp: 'Use the tools of this server' },
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

if (import.meta.main) createApp().app.listen(3000, () => console.log('http://localhost:3000/mcp'))
