import { text } from 'node:stream/consumers'
import { ConfigurationError } from '@xwms/core'
import type Koa from 'koa'
import type { Context, Middleware, Next } from 'koa'
import t from 'tap'
import { exchange, get, post } from '../../../test/support/exchange.ts'
import { xwms } from '../src/index.ts'
import { mounted } from './listen.ts'

const JSON_TYPE = 'application/json'
const FORM_TYPE = 'application/x-www-form-urlencoded'

/** Takes a prefix off the path for one middleware, the way koa-mount does it. */
function under(prefix: string, middleware: Middleware): Middleware {
  return async (context: Context, next: Next) => {
    const { path } = context
    if (!path.startsWith(`${prefix}/`)) return next()
    context.path = path.slice(prefix.length)
    await middleware(context, next)
    context.path = path
  }
}

t.test('endpoints answer where the kit is mounted, however deep', async t => {
  const mounts: Record<string, (auth: Middleware) => Middleware> = {
    '': auth => auth,
    '/auth': auth => under('/auth', auth),
    '/a/b': auth => under('/a', under('/b', auth)),
  }
  for (const [prefix, mount] of Object.entries(mounts)) {
    const { url } = await mounted(t, (app, auth) => app.use(mount(auth)))
    const response = await fetch(`${url}${prefix}/api/info?a=1`)
    t.equal(response.status, 200, prefix)
    t.match(await response.json(), {
      data: { api: { endpoints: { general_info: `${url}${prefix}/api/info` } } },
    })
    t.equal((await fetch(`${url}/elsewhere/api/info`)).status, 404)
  }
})

t.test('with an issuer below the root, mounting at the root serves it, metadata included', async t => {
  const { url } = await mounted(t, (app, auth) => app.use(auth), { issuer: 'http://localhost:3000/auth' })
  t.equal((await fetch(`${url}/auth/api/info`)).status, 200)
  t.equal((await fetch(`${url}/api/info`)).status, 404)
  const metadata = await fetch(`${url}/.well-known/oauth-authorization-server/auth`)
  t.match(await metadata.json(), { issuer: 'http://localhost:3000/auth' })
})

t.test(
  'with an issuer below the root, a mount there leaves out the metadata of RFC 8414, which takes a second one',
  async t => {
    const issuer = 'http://localhost:3000/auth'
    const rfc8414 = '/.well-known/oauth-authorization-server/auth'
    const one = await mounted(t, (app, auth) => app.use(under('/auth', auth)), { issuer })
    t.equal((await fetch(`${one.url}/auth/api/info`)).status, 200)
    t.equal((await fetch(one.url + rfc8414)).status, 404)
    const mountBoth = (app: Koa, auth: Middleware) =>
      app.use(under('/auth', auth)).use(under('/.well-known', auth))
    const both = await mounted(t, mountBoth, { issuer })
    t.equal((await fetch(`${both.url}/auth/api/info`)).status, 200)
    t.match(await (await fetch(both.url + rfc8414)).json(), { issuer })
  },
)

t.test('a path that was rewritten is no mount', async t => {
  const { url } = await mounted(t, (app, auth) => {
    app.use((context, next) => {
      context.url = '/rewritten'
      return next()
    })
    app.use(auth)
  })
  t.equal((await fetch(`${url}/api/info`)).status, 200, 'the path that the caller asked for counts')
})

t.test(
  'a mount that the issuer leaves nothing below is told of at the first request for an endpoint',
  async t => {
    const told: string[] = []
    const logger = { debug() {}, info() {}, warn: (_: object, line: string) => told.push(line), error() {} }
    const issuer = 'http://localhost:3000'
    const mount = (app: Koa, auth: Middleware) => app.use(under('/auth', auth))
    const { url } = await mounted(t, mount, { issuer, logger })
    told.length = 0
    for (const path of ['/orders', '/auth/', '/auth/oauth/authorize', '/auth/api/info'])
      t.equal((await fetch(url + path)).status, 404, path)
    t.match(told, [/^XWMS is mounted below \/auth and serves \/,/])
    t.equal(told.length, 1)
  },
)

t.test('a foreign path is passed on untouched', async t => {
  const { url } = await mounted(t, (app, auth) => {
    app.use((context, next) => {
      let passedOn = false
      auth(context, async () => {
        passedOn = true
      })
      t.ok(passedOn, 'before the middleware returns')
      t.equal(context.req.readableDidRead, false)
      t.same(context.res.getHeaderNames(), [])
      return next()
    })
    app.use(context => {
      context.body = 'host'
    })
  })
  t.equal(await (await fetch(`${url}/host`)).text(), 'host')
})

t.test('no request target crashes the application, or is taken for another', async t => {
  const { url, port } = await mounted(t, (app, auth) => app.use(auth))
  const targets: Record<string, RegExp> = {
    '/api/info': /^HTTP\/1.1 200/,
    'http://localhost/api/info': /^HTTP\/1.1 200/,
    'http://[bad/api/info': /^HTTP\/1.1 \d\d\d/,
    '//api/info': /^HTTP\/1.1 404/,
    '/x/../api/info': /^HTTP\/1.1 404/,
    '/%61pi/info': /^HTTP\/1.1 404/,
    '/api%2Finfo': /^HTTP\/1.1 404/,
    '/api/info/': /^HTTP\/1.1 404/,
    '/%': /^HTTP\/1.1 404/,
    '*': /^HTTP\/1.1 4\d\d/,
  }
  for (const [target, expected] of Object.entries(targets)) {
    t.match(await exchange(port, get(target)), expected, target)
  }
  t.match(await exchange(port, 'GET /api/info HTTP/1.0\r\n\r\n'), /^HTTP\/1.1 421/, 'without a Host')
  t.equal((await fetch(`${url}/api/info`)).status, 200, 'it still serves')
})

t.test('a wrong method is told the right ones, HEAD is answered, the request id comes back', async t => {
  const { url } = await mounted(t, (app, auth) => app.use(auth))
  const wrong = await fetch(`${url}/api/info`, { method: 'DELETE' })
  t.equal(wrong.status, 405)
  t.equal(wrong.headers.get('allow'), 'GET, HEAD')
  const head = await fetch(`${url}/api/info`, { method: 'HEAD', headers: { 'x-request-id': 'request-0001' } })
  t.equal(head.status, 200)
  t.equal(head.headers.get('x-request-id'), 'request-0001')
  t.ok(Number(head.headers.get('content-length')) > 0, 'HEAD names the length that GET would have')
})

t.test('a body arrives, whoever read it', async t => {
  /** Leaves a body where koa-bodyparser leaves it. */
  const keeping =
    (parse: (body: string, type: string) => unknown): Middleware =>
    async (context, next) => {
      Object.assign(context.request, { body: parse(await text(context.req), context.get('content-type')) })
      await next()
    }
  const parsers: Record<string, Middleware[]> = {
    nobody: [],
    'a parser that parses': [
      keeping((body, type) =>
        type === JSON_TYPE ? JSON.parse(body || '{}') : Object.fromEntries(new URLSearchParams(body)),
      ),
    ],
    'a parser that keeps text': [keeping(body => body)],
    'a parser of other types': [
      (context, next) => {
        Object.assign(context.request, { body: {} })
        return next()
      },
    ],
  }
  for (const [name, before] of Object.entries(parsers)) {
    const { url, headers, client, secret } = await mounted(t, (app, auth) => {
      for (const parser of before) app.use(parser)
      app.use(auth)
    })
    const call = async (path: string, type: string | undefined, body: string | undefined) => {
      const fields = type === undefined ? headers : { ...headers, 'content-type': type }
      return (await fetch(url + path, { method: 'POST', headers: fields, body })).status
    }
    const signIn = '{"redirect_url":"https://shop.example.com/callback","more":[1]}'
    const grant = `grant_type=client_credentials&client_id=${client.id}&client_secret=${secret.value}`
    t.equal(await call('/api/sign-token', JSON_TYPE, signIn), 200, `${name}: JSON`)
    t.equal(await call('/oauth/token', FORM_TYPE, grant), 200, `${name}: a form`)
    t.equal(await call('/api/global/countries', undefined, undefined), 200, `${name}: nothing`)
    t.equal(await call('/api/global/countries', JSON_TYPE, ''), 200, `${name}: JSON without length`)
    t.equal(await call('/api/sign-token', FORM_TYPE, 'redirect_url=x'), 415, `${name}: a form for JSON`)
  }
})

t.test('where the host has read a body and kept nothing, the answer says so', async t => {
  const { url, headers } = await mounted(t, (app, auth) => {
    app.use(async (context, next) => {
      await text(context.req)
      await next()
    })
    app.use(auth)
  })
  const fields = { ...headers, 'content-type': JSON_TYPE }
  const response = await fetch(`${url}/api/sign-token`, { method: 'POST', headers: fields, body: '{}' })
  t.equal(response.status, 400)
  t.match(await response.json(), { error: { code: 'malformed_body' } })
})

t.test('a body that is too large is refused, and the refusal arrives', async t => {
  const { port, headers } = await mounted(t, (app, auth) => app.use(auth), { bodyLimitBytes: 100 })
  const fields = { ...headers, 'content-type': JSON_TYPE, 'transfer-encoding': 'chunked' }
  const chunked = post('/api/sign-token', fields, `c8\r\n${'x'.repeat(200)}\r\n`)
  t.match(await exchange(port, chunked), /^HTTP\/1.1 413/)
})

t.test('protocol, host and address are the ones that Koa trusts', async t => {
  const forwarded = {
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'localhost:4000',
    'x-forwarded-for': '198.51.100.7, 203.0.113.9',
  }
  const trusting = await mounted(t, (app, auth) => {
    app.proxy = true
    app.maxIpsCount = 1
    app.use(auth)
  })
  t.match(await (await fetch(`${trusting.url}/api/info`, { headers: forwarded })).json(), {
    data: {
      client: { ip: '203.0.113.9' },
      api: { endpoints: { general_info: 'https://localhost:4000/api/info' } },
    },
  })
  const direct = await mounted(t, (app, auth) => app.use(auth))
  t.match(await (await fetch(`${direct.url}/api/info`, { headers: forwarded })).json(), {
    data: { client: { ip: '127.0.0.1' }, api: { endpoints: { general_info: `${direct.url}/api/info` } } },
  })
})

t.test('middleware around the kit sees its answers, and keeps its own cookies', async t => {
  const { url } = await mounted(t, (app, auth) => {
    app.use(async (context, next) => {
      context.cookies.set('host', '1')
      await next()
      context.set('x-seen', `${context.status} ${context.response.length}`)
    })
    app.use(auth)
  })
  const response = await fetch(`${url}/api/info`)
  t.equal(response.headers.get('x-seen'), `200 ${response.headers.get('content-length')}`)
  t.match(response.headers.getSetCookie(), [/^host=1/])
  const page = await fetch(`${url}/sign-in?interaction=x`)
  t.match(page.headers.get('content-type'), /^text\/html/)
})

t.test('options that cannot be meant are refused before anything is served', async t => {
  for (const wrong of [null, { clientCertificate: 5 }, { accounts: { find: 1, signIn: 2 } }])
    t.throws(() => xwms(wrong as never), { name: 'ConfigurationError', code: 'invalid_configuration' })
  t.throws(
    () => xwms({ clientCertificate: 5, issuer: 'http://example.com', cookies: true } as never),
    new ConfigurationError([
      'clientCertificate: must be a function',
      'issuer: must begin with https:// (http:// is for localhost)',
      'cookies: is not an option; remove it or correct its name',
    ]),
  )
})
