import { createServer as createPlainServer, type RequestListener, type Server } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { createAuthority } from '../../../../test/support/certificate.ts'
import { DEFAULT_OUTBOUND } from '../../src/config/defaults.ts'
import { createOutbound } from '../../src/context/outbound.ts'
import { OutboundError } from '../../src/errors.ts'

const authority = await createAuthority()
const trusting = { ...DEFAULT_OUTBOUND, allowPrivateAddresses: true, ca: authority.cert }
const JSON_ANSWER = { accept: 'application/json', maxBytes: 1000 }

async function listen(t: Test, server: Server, scheme: string): Promise<string> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `${scheme}://localhost:${(server.address() as AddressInfo).port}`
}

async function secureServer(t: Test, answer: RequestListener): Promise<string> {
  return listen(t, createServer(await authority.server(), answer), 'https')
}

function outboundFor(t: Test, options: Parameters<typeof createOutbound>[0]) {
  const outbound = createOutbound(options)
  t.teardown(() => outbound.close())
  return outbound
}

async function problemOf(attempt: Promise<unknown>): Promise<string> {
  const error = await attempt.then(
    () => undefined,
    reason => reason,
  )
  if (error instanceof OutboundError) return error.message
  throw error ?? new Error('The attempt succeeded.')
}

t.test('gets over https from a server of a further trust root', async t => {
  const url = await secureServer(t, (request, response) => {
    response.setHeader('cache-control', 'max-age=60')
    response.end(JSON.stringify({ path: request.url, accept: request.headers.accept }))
  })
  const answer = await outboundFor(t, trusting).get(`${url}/jwks?a=b`, JSON_ANSWER)
  t.match(answer, { status: 200, headers: { 'cache-control': 'max-age=60' } })
  t.same(JSON.parse(answer.body), { path: '/jwks?a=b', accept: 'application/json' })
})

t.test('posts a form, and answers whatever status came', async t => {
  const url = await secureServer(t, async (request, response) => {
    response.statusCode = 400
    const chunks = await request.toArray()
    response.end(`${request.method} ${request.headers['content-type']} ${Buffer.concat(chunks)}`)
  })
  const answer = await outboundFor(t, trusting).post(url, new URLSearchParams({ logout_token: 'a b' }))
  t.match(answer, { status: 400, body: 'POST application/x-www-form-urlencoded logout_token=a+b' })
})

t.test('keeps the connection between calls', async t => {
  const url = await secureServer(t, (request, response) => response.end(String(request.socket.remotePort)))
  const outbound = outboundFor(t, trusting)
  const [first, second] = [await outbound.get(url, JSON_ANSWER), await outbound.get(url, JSON_ANSWER)]
  t.equal(first.body, second.body)
})

t.test(
  'an unknown authority is not trusted, and Node’s own roots stay trusted beside a further one',
  async t => {
    const url = await secureServer(t, (_, response) => response.end())
    const outbound = outboundFor(t, { ...trusting, ca: undefined })
    t.match(await problemOf(outbound.get(url, JSON_ANSWER)), /cannot be called: [A-Z_]*(?:VERIFY|CERT)/)
  },
)

t.test('a certificate for another name is refused', async t => {
  const url = await listen(
    t,
    createServer(await authority.server(['other.example']), (_, response) => response.end()),
    'https',
  )
  t.match(await problemOf(outboundFor(t, trusting).get(url, JSON_ANSWER)), /ERR_TLS_CERT_ALTNAME_INVALID/)
})

t.test('http is for this machine in tests', async t => {
  const url = await listen(
    t,
    createPlainServer((_, response) => response.end('plain')),
    'http',
  )
  t.equal((await outboundFor(t, trusting).get(url, JSON_ANSWER)).body, 'plain')
  t.match(await problemOf(outboundFor(t, DEFAULT_OUTBOUND).get(url, JSON_ANSWER)), /https:\/\//)
  t.match(await problemOf(outboundFor(t, trusting).get('http://example.com/', JSON_ANSWER)), /https:\/\//)
})

t.test('addresses that are not of the public Internet are refused before anything is sent', async t => {
  let called = false
  const url = await secureServer(t, (_, response) => {
    called = true
    response.end()
  })
  const { port } = new URL(url)
  const outbound = outboundFor(t, { ...DEFAULT_OUTBOUND, ca: authority.cert })
  for (const host of [
    'localhost',
    '127.0.0.1',
    '2130706433',
    '0x7f.1',
    '127.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::]',
    '0.0.0.0',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '[fe80::1]',
    '[fc00::1]',
    '[ff02::1]',
    '[64:ff9b::7f00:1]',
    '[fd00:ec2::254]',
  ]) {
    const problem = await problemOf(outbound.get(`https://${host}:${port}/`, JSON_ANSWER))
    t.match(problem, /is not an address of the public Internet/, host)
  }
  t.notOk(called)
})

t.test('other addresses are refused without a call', async t => {
  const outbound = outboundFor(t, trusting)
  for (const url of ['ftp://localhost/', 'file:///etc/passwd', 'https://a:b@localhost/', 'nonsense', '']) {
    t.match(await problemOf(outbound.get(url, JSON_ANSWER)), /^The address/, url)
  }
})

t.test('redirects are not followed', async t => {
  const url = await secureServer(t, (request, response) => {
    if (request.url === '/') response.writeHead(302, { location: '/secret' })
    response.end('secret')
  })
  const outbound = outboundFor(t, trusting)
  t.match(await problemOf(outbound.get(url, JSON_ANSWER)), /answered with status 302 instead of 200/)
  t.equal((await outbound.post(url, new URLSearchParams())).status, 302)
})

t.test('an answer is read up to its limit', async t => {
  const url = await secureServer(t, (request, response) =>
    response.end('a'.repeat(Number(request.url?.slice(1)))),
  )
  const outbound = outboundFor(t, trusting)
  t.equal((await outbound.get(`${url}/1000`, JSON_ANSWER)).body.length, 1000)
  t.match(await problemOf(outbound.get(`${url}/1001`, JSON_ANSWER)), /larger than 1000 bytes/)
})

t.test('a slow server is given up, whatever it has sent by then', async t => {
  const url = await secureServer(t, (request, response) => {
    if (request.url === '/drip') response.write('a')
  })
  const outbound = outboundFor(t, { ...trusting, timeoutSeconds: 0.3 })
  t.match(await problemOf(outbound.get(`${url}/silent`, JSON_ANSWER)), /took longer than 0.3 seconds/)
  t.match(await problemOf(outbound.get(`${url}/drip`, JSON_ANSWER)), /took longer than 0.3 seconds/)
})

t.test('a server that hangs up, or is not there, is told of in a word', async t => {
  const url = await secureServer(t, (_, response) => response.socket?.destroy())
  const outbound = outboundFor(t, trusting)
  t.match(await problemOf(outbound.get(url, JSON_ANSWER)), /cannot be called: ECONNRESET\.$/)
  t.match(
    await problemOf(outbound.get('https://localhost:1/', JSON_ANSWER)),
    /cannot be called: ECONNREFUSED\.$/,
  )
  t.match(
    await problemOf(outbound.get('https://nowhere.invalid/', JSON_ANSWER)),
    /cannot be called: E[A-Z_]+\.$/,
  )
})
