import { Readable } from 'node:stream'
import { memory } from '@xwms/storage-memory'
import type Koa from 'koa'
import type { Context } from 'koa'
import t, { type Test } from 'tap'
import { type Connection, connectHttp2 } from '../../../test/support/http2.ts'
import type { Xwms, XwmsOptions } from '../src/index.ts'
import { type Mounted, mounted } from './listen.ts'

interface Http2Mounted extends Mounted, Connection {}

/** The same application over HTTP/2. */
async function mountedHttp2(
  t: Test,
  build: (app: Koa, auth: Xwms) => unknown,
  options?: XwmsOptions,
): Promise<Http2Mounted> {
  let app: Koa | undefined
  const host = await mounted(
    t,
    (built, auth) => {
      build(built, auth)
      app = built
    },
    options,
  )
  return { ...host, ...(await connectHttp2(t, (app as unknown as Koa).callback())) }
}

t.test('over HTTP/2 every kind of answer arrives whole, and is metered once with its status', async t => {
  const answers: Record<string, [handler: (context: Context) => unknown, status: number]> = {
    json: [context => Object.assign(context, { status: 201, body: { a: 1 } }), 201],
    text: [context => Object.assign(context, { body: 'text' }), 200],
    bytes: [context => Object.assign(context, { body: Buffer.from('text') }), 200],
    nothing: [context => Object.assign(context, { body: null }), 204],
    stream: [context => Object.assign(context, { body: Readable.from(['a', 'b', 'c']) }), 200],
    'a stream of known length': [
      context => Object.assign(context, { body: Readable.from(['ab', 'c']), length: 3 }),
      200,
    ],
    redirect: [context => context.redirect('/elsewhere'), 302],
    'around Koa': [
      context => {
        context.respond = false
        context.res.statusCode = 202
        context.res.end('text')
      },
      202,
    ],
    missing: [() => {}, 404],
    'an error with a status': [context => context.throw(410, 'gone'), 410],
    'an error without': [() => Promise.reject(new Error('broken')), 500],
  }
  const host = await mountedHttp2(t, (app, auth) => {
    const guard = auth.protect()
    app.use((context, next) => (context.path.startsWith('/guarded/') ? guard(context, next) : next()))
    app.use(context => answers[decodeURIComponent(context.path).slice('/guarded/'.length)]?.[0](context))
  })
  for (const [name, [, status]] of Object.entries(answers)) {
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
  t.equal((await host.events()).length, Object.keys(answers).length * 2 - 2)
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
