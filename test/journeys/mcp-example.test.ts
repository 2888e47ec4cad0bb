import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { auth } from '@modelcontextprotocol/sdk/client/auth.js'
import t from 'tap'
import { createDemo } from '../../examples/mcp-server.ts'
import { connected, documentOfClient, Memory, whoami } from '../support/mcp-client.ts'
import { startExample } from '../support/started-example.ts'

t.test('the MCP example works as it is started', async t => {
  const { port, said } = await startExample(t, 'mcp-server', 'Client id')
  const [, email = '', password = ''] = /Sign in as +(\S+) with (\S+)/.exec(said.join('\n')) ?? []
  const [, clientId = ''] = /Client id +(\S+)/.exec(said.join('\n')) ?? []
  const origin = `http://localhost:${port}`
  t.ok(said.join('\n').includes(`${origin}/mcp`))

  const stranger = new Memory({ metadataUrl: 'https://desk.example.com/client.json' })
  t.equal(await auth(stranger, { serverUrl: `${origin}/mcp` }), 'REDIRECT', 'nobody has to register it')
  t.equal(stranger.sentTo?.searchParams.get('client_id'), 'https://desk.example.com/client.json')

  const known = new Memory({ client: { client_id: clientId, issuer: origin } })
  const client = await connected(t, { origin, issuer: origin }, known, { email, password })
  t.match(await whoami(client), { content: [{ text: new RegExp(` by ${clientId}$`) }] })
})

t.test('a client with a document about itself signs the user of the MCP example in', async t => {
  const { metadataUrl, ca } = await documentOfClient(t)
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { app, auth, ...person } = await createDemo({
    issuer: origin,
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    outbound: { allowPrivateAddresses: true, ca },
  })
  server.on('request', app)
  t.teardown(async () => {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
    await auth.close()
  })
  const client = await connected(t, { origin, issuer: origin }, new Memory({ metadataUrl }), person)
  t.match(await whoami(client), { content: [{ text: new RegExp(` by ${metadataUrl}$`) }] })
})
