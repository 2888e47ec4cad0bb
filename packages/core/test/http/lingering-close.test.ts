import type { RequestListener } from 'node:http'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { exchange, get, listen, post, sendThenRead } from '../../../../test/support/exchange.ts'
import { lingerOnClose, type Patience } from '../../src/http/lingering-close.ts'

const LONG: Patience = { idleMs: 60_000, ms: 60_000, bytes: 1e9 }
/** More than the kernel holds for a connection, so that whoever sends it depends on the other side to read. */
const MUCH = 'a'.repeat(16_000_000)

/** Refuses without having read. */
function refuse(patience: Patience, closes = true): RequestListener {
  return (request, response) => {
    lingerOnClose(request, patience)
    response.writeHead(413, { 'content-length': 8, ...(closes && { connection: 'close' }) }).end('too much')
  }
}

t.test('a refusal can be read by whoever sends all of his body first', async t => {
  const port = await listen(t, refuse(LONG))
  const whole = post('/', { 'content-length': String(MUCH.length) }, MUCH)
  for (let round = 0; round < 20; round++) {
    t.match(await sendThenRead(port, whole), /^HTTP\/1.1 413 [\s\S]*too much$/)
  }
})

t.test('it does not matter how long the answer took', async t => {
  const port = await listen(t, async (request, response) => {
    // Meanwhile as much has come as Node takes of a body that nobody wants.
    while (request.readableLength < request.readableHighWaterMark) await new Promise(setImmediate)
    refuse(LONG)(request, response)
  })
  const whole = post('/', { 'content-length': String(MUCH.length) }, MUCH)
  t.match(await sendThenRead(port, whole), /^HTTP\/1.1 413 [\s\S]*too much$/)
})

t.test('a body that was begun and left in the middle is no different', async t => {
  const port = await listen(t, (request, response) => {
    request.once('data', () => {
      request.pause()
      refuse(LONG)(request, response)
    })
  })
  const whole = post('/', { 'content-length': String(MUCH.length) }, MUCH)
  t.match(await sendThenRead(port, whole), /^HTTP\/1.1 413 [\s\S]*too much$/)
})

t.test('the answer and the end of our half come at once', async t => {
  const port = await listen(t, refuse(LONG))
  // The client waits for the end before it sends what is missing, and never does.
  t.match(await exchange(port, post('/', { 'content-length': '2' }, 'a')), /^HTTP\/1.1 413 [\s\S]*too much$/)
})

/** A server's end of the one connection that a client makes, and the client's. */
async function connected(t: Test, patience: Patience): Promise<{ server: Socket; client: Socket }> {
  const ends: Socket[] = []
  const port = await listen(t, (request, response) => {
    ends.push(request.socket)
    refuse(patience)(request, response)
  })
  const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  t.teardown(() => client.destroy())
  client.on('error', () => {})
  client.write(post('/', { 'content-length': '1000000000' }, 'a'))
  await new Promise(resolve => client.once('data', resolve))
  return { server: ends[0] as Socket, client }
}

const closed = (socket: Socket) =>
  new Promise<void>(resolve => (socket.destroyed ? resolve() : socket.once('close', () => resolve())))

t.test('a sender who never stops is cut off after so many bytes', async t => {
  const { server, client } = await connected(t, { ...LONG, bytes: 1_000_000 })
  const go = () => {
    while (client.writable && client.write(MUCH.slice(0, 100_000)));
  }
  client.on('drain', go)
  go()
  await closed(server)
  t.ok(server.bytesRead > 1_000_000, 'he was read that far')
  t.ok(server.bytesRead < 3_000_000, 'and not much further')
  await closed(client)
})

t.test('a sender who sends a little now and then is cut off in time', async t => {
  const { server, client } = await connected(t, { ...LONG, ms: 300 })
  const sending = setInterval(() => client.write('a'), 10)
  t.teardown(() => clearInterval(sending))
  await closed(server)
  t.pass('long before his body was complete')
})

t.test('a sender who has gone silent is cut off in time', async t => {
  const { server } = await connected(t, { ...LONG, idleMs: 20 })
  await closed(server)
  t.pass('though his connection is open')
})

t.test('whoever closes his half is let go at once', async t => {
  const { server, client } = await connected(t, LONG)
  client.end()
  await closed(server)
  t.pass('long before anybody’s patience ends')
})

t.test('what comes after the body is no request any more', async t => {
  let requests = 0
  const port = await listen(t, (request, response) => {
    requests++
    refuse(LONG)(request, response)
  })
  const body = 'a'.repeat(1_000_000)
  const first = post('/', { 'content-length': String(body.length) }, body)
  t.match(await sendThenRead(port, first + get('/second')), /^HTTP\/1.1 413 [\s\S]*too much$/)
  t.equal(requests, 1)
})

t.test('a connection that is kept is left as it was', async t => {
  const sockets = new Set<Socket>()
  const port = await listen(t, async (request, response) => {
    sockets.add(request.socket)
    // One is answered before its body is there, the other after.
    if (request.url === '/read') for await (const _chunk of request);
    refuse(LONG, false)(request, response)
  })
  const send = (target: string) =>
    post(target, { connection: 'keep-alive', 'content-length': '1000000' }, 'a'.repeat(1_000_000))
  const answers = await exchange(port, send('/read') + send('/') + send('/read') + get('/'))
  t.equal(answers.match(/HTTP\/1.1 413 /g)?.length, 4)
  t.equal(sockets.size, 1)
  for (const socket of sockets) {
    t.notOk(Object.hasOwn(socket, 'destroySoon'), 'nothing of ours is left on it')
    t.equal(socket.listenerCount('timeout') <= 1, true)
  }
})

t.test('a connection that lingers does not keep a server from closing for longer than it may', async t => {
  const server = createServer(refuse({ ...LONG, ms: 200 }))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const client = connect({
    port: (server.address() as AddressInfo).port,
    host: '127.0.0.1',
    allowHalfOpen: true,
  })
  client.on('error', () => {})
  client.write(post('/', { 'content-length': '1000' }, 'a'))
  await new Promise(resolve => client.once('data', resolve))
  await new Promise(resolve => server.close(resolve))
  client.destroy()
  t.pass('it has closed')
})
