import { constants } from 'node:http2'
import { Readable } from 'node:stream'
import { memory } from '@xwms/storage-memory'
import type Koa from 'koa'
import t, { type Test } from 'tap'
import { type Connection, connectHttp2 } from '../../../test/support/http2.ts'
import { WaitingRoutes } from '../../../test/support/leaving.ts'
import type { Xwms, XwmsOptions } from '../src/index.ts'
import { ANSWERS, guardedAnswers } from './answers.ts'
import { type Mounted, mounted } from './listen.ts'
import { waitingApplication } from './waiting.ts'

interface Http2Mounted extends Mounted, Connection {}

/** The same application over HTTP/2. */
async function mountedHttp2(
  t: Test,
  build: (app: Koa, auth: Xwms) => unknown,
  options?: XwmsOptions,
): Promise<Http2Mounted> {
  const host = await mounted(t, build, options)
  return { ...host, ...(await connectHttp2(t, host.app.callback())) }
}

t.test('over HTTP/2 every kind of answer arrives whole, and is metered once with its status', async t => {
  const host = await mountedHttp2(t, guardedAnswers)
  for (const [name, [, status]] of Object.entries(ANSWERS)) {
    // Koa itself never answers HEAD over HTTP/2 where something is thrown.
    for (const method of name.startsWith('an error') ? ['GET'] : ['GET', 'HEAD']) {
      const title = `${method} ${name}`
      const request = { ...host.headers, ':method': method }
      const guarded = await host.call({ ...request, ':path': encodeURI(`/guarded/${name}`) })
      const free = await host.call({ ...request, ':path': encodeURI(`/letfree/${name}`) })
      t.match(guarded, { status, broken: undefined }, title)
      t.ok(guarded.headers['x-request-id'], `${title}: the request id`)
      t.equal(guarded.body, free.body, `${title}: the same body`)
      for (const field of ['content-length', 'content-type'])
        t.equal(guarded.headers[field], free.headers[field], `${title}: the same ${field}`)
      t.equal((await host.events()).at(-1)?.status, status, `${title}: its event`)
    }
  }
  t.equal((await host.events()).length, Object.keys(ANSWERS).length * 2 - 2)
})

t.test('over HTTP/2 the kit’s own answers arrive: refusals and endpoints', async t => {
  const host = await mountedHttp2(t, (app, auth) => app.use(auth).use(auth.protect()))
  const refused = await host.call({ ':path': '/orders' })
  t.equal(refused.status, 401)
  t.match(JSON.parse(refused.body), { error: { code: 'credentials_missing' } })
  const metadata = await host.call({ ':path': '/.well-known/oauth-authorization-server' })
  t.match(metadata, { status: 200, body: /"issuer"/, broken: undefined })
  t.strictSame(await host.events(), [])
})

t.test('over HTTP/2 who leaves while waiting under a cap is neither let in nor metered', async t => {
  const routes = new WaitingRoutes(t)
  const host = await mountedHttp2(t, waitingApplication(t, routes), routes.options)
  await routes.leaveWhileWaiting(t, host, (path, headers) => {
    const stream = host.open({ ...headers, ':path': path })
    const answered = new Promise<number | undefined>(resolve => {
      stream.on('response', ({ ':status': status }) => resolve(status)).resume()
    })
    return { leave: () => stream.close(constants.NGHTTP2_CANCEL), answered }
  })
})

t.test('over HTTP/2, too, there is no answer to be had for free', async t => {
  const storage = memory()
  const append = () => Promise.reject(new Error('the disk is full'))
  const host = await mountedHttp2(
    t,
    (app, auth) => {
      app.use(auth.protect())
      app.use(context => {
        context.body = context.path === '/whole' ? { secret: 1 } : Readable.from(['some', 'more'])
      })
    },
    { storage: { ...storage, usage: { ...storage.usage, append } } },
  )
  const [whole, begun] = await Promise.all([
    host.call({ ...host.headers, ':path': '/whole' }),
    host.call({ ...host.headers, ':path': '/begun' }),
  ])
  t.equal(whole.status, 503)
  t.match(JSON.parse(whole.body), { error: { code: 'storage_unavailable' } })
  t.match(begun, { status: 200, broken: /NGHTTP2_INTERNAL_ERROR/ })
})
