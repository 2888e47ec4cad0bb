import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { load, type Target } from './load.ts'

/** Puts a server under load until the test is over. */
async function ask(t: Test, listener: RequestListener, target: Partial<Target> = {}) {
  const server = createServer(listener)
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  return load(
    {
      url: `http://127.0.0.1:${port}/`,
      headers: { 'x-a': 'b' },
      body: '{"fine":true}',
      connections: 4,
      ...target,
    },
    0.1,
  )
}

t.test('every request of a load has its answer in the end', async t => {
  let asked = 0
  const done = await ask(t, (request, response) => {
    t.equal(request.headers['x-a'], 'b')
    asked++
    response.setHeader('content-length', 13)
    // In pieces, as networks deliver.
    response.write('{"fine":')
    setImmediate(() => response.end('true}'))
  })
  t.ok(done.requests > 4, 'connections are used again')
  t.equal(done.requests, asked)
  t.ok(done.p50Ms > 0 && done.p50Ms <= done.p99Ms)
})

t.test('an answer that is not the right one ends the load', async t => {
  const answers: Record<string, RequestListener> = {
    'another body': (_request, response) => response.end('{"fine":null}'),
    'another status': (_request, response) =>
      response.writeHead(500, { 'content-length': 13 }).end('{"fine":true}'),
    'an empty body': (_request, response) => response.end(),
  }
  for (const [name, listener] of Object.entries(answers))
    await t.rejects(ask(t, listener), /gave a wrong answer: HTTP\/1\.1/, name)
  await t.rejects(
    ask(t, request => request.socket.destroy()),
    /closed a connection without an answer|could not be asked/,
  )
  await t.rejects(
    ask(t, (_request, response) => response.end('x'.repeat(5000))),
    /gave a wrong answer/,
  )
})
