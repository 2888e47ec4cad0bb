import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { auth } from '@modelcontextprotocol/sdk/client/auth.js'
import t from 'tap'
import { createDemo } from '../../examples/mcp-server.ts'
import { freePorts } from '../start/standalone.ts'
import { connected, documentOfClient, Memory, whoami } from '../support/mcp-client.ts'

t.test('the MCP example works as it is started', async t => {
  const [port = 0] = await freePorts(1)
  const file = fileURLToPath(new URL('../../examples/mcp-server.ts', import.meta.url))
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  t.teardown(async () => {
    child.kill()
    await exited
  })
  const said: string[] = []
  for await (const line of createInterface(child.stdout)) {
    said.push(line)
    if (line.startsWith('Client id')) break
  }
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
