import { request } from 'node:http'
import { Browser } from '../support/browser.ts'
import { PASSWORD, REDIRECT_URI } from '../support/seed.ts'
import { onEveryStack } from '../support/stack.ts'

onEveryStack('every address that the kit gives out is below its issuer', async (t, stack) => {
  for (const path of ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server']) {
    const metadata = (await (await fetch(stack.url + path)).json()) as Record<string, unknown>
    t.equal(metadata.issuer, stack.url)
    for (const [name, value] of Object.entries(metadata))
      if (/_endpoint$|^jwks_uri$/.test(name)) t.match(value, new RegExp(`^${stack.url}/`), name)
    const jwks = await fetch(String(metadata.jwks_uri))
    t.match(await jwks.json(), { keys: [{ kty: /RSA|EC|OKP/ }, {}] })
  }
})

onEveryStack('what is not the kit’s reaches the host', async (t, stack) => {
  t.equal(await (await fetch(`${stack.origin}/host`)).text(), 'host')
  for (const path of [
    '/',
    '/api',
    '/api/',
    '/api/info/',
    '/API/info',
    '/api//info',
    '/nothing',
    '/sign-in/x',
  ]) {
    for (const method of ['GET', 'POST', 'OPTIONS', 'PURGE']) {
      const response = await fetch(stack.url + path, { method })
      t.equal(response.status, 404, `${method} ${path}`)
      t.equal(await response.text(), 'nothing here')
    }
  }
  if (stack.prefix !== '') {
    const outside = await fetch(`${stack.origin}/api/info`)
    t.equal(await outside.text(), 'nothing here', 'outside of the prefix')
  }
})

onEveryStack('methods, HEAD and request ids are as HTTP has them', async (t, stack) => {
  const wrong = await fetch(`${stack.url}/api/sign-token`)
  t.equal(wrong.status, 405)
  t.equal(wrong.headers.get('allow'), 'POST')
  t.match(await wrong.json(), { error: { code: 'method_not_allowed' } })
  const deletes = await fetch(`${stack.url}/api/info`, { method: 'DELETE' })
  t.equal(deletes.headers.get('allow'), 'GET, HEAD')

  const get = await fetch(`${stack.url}/.well-known/openid-configuration`)
  const head = await fetch(`${stack.url}/.well-known/openid-configuration`, { method: 'HEAD' })
  t.equal(head.status, 200)
  for (const name of ['content-type', 'content-length', 'cache-control'])
    t.equal(head.headers.get(name), get.headers.get(name), name)

  const asked = async (id: string, path = '/api/info') =>
    (await fetch(stack.url + path, { headers: { 'x-request-id': id } })).headers.get('x-request-id')
  t.equal(await asked('journey-0001'), 'journey-0001')
  t.equal(await asked('journey-0002', '/sign-in?interaction=x'), 'journey-0002', 'pages too')
  t.not(await asked('too <short>'), 'too <short>')
  const own = await fetch(`${stack.origin}/orders`, {
    headers: { ...stack.headers, 'x-request-id': 'journey-0003' },
  })
  t.equal(own.headers.get('x-request-id'), 'journey-0003')
  t.match(await own.json(), { requestId: 'journey-0003' })
})

onEveryStack(
  'mounted at the root under an issuer with a path, the kit answers below that path',
  async (t, stack) => {
    const issuer = 'http://localhost:4000/auth'
    const metadata = async (path: string) => {
      const response = await fetch(stack.origin + path)
      return response.ok ? ((await response.json()) as { issuer: string }).issuer : response.status
    }
    t.equal(await metadata('/auth/.well-known/openid-configuration'), issuer)
    t.equal(await metadata('/.well-known/oauth-authorization-server/auth'), issuer, 'RFC 8414 section 3.1')
    t.equal(await metadata('/.well-known/openid-configuration'), 404)
    t.equal(await metadata('/.well-known/oauth-authorization-server'), 404)
    t.equal((await fetch(`${stack.origin}/auth/api/info`)).status, 200)
    t.equal((await fetch(`${stack.origin}/authapi/info`)).status, 404)
  },
  { prefixes: [''], kit: { issuer: 'http://localhost:4000/auth' } },
)

onEveryStack(
  'without an issuer, the kit serves this machine and nobody else',
  async (t, stack) => {
    const { body } = await stack.post('/api/sign-token', { redirect_url: REDIRECT_URI })
    t.ok(body.data.url.startsWith(`${stack.url}/`))
    const status = await new Promise(resolve =>
      request(`${stack.url}/api/info`, { headers: { host: 'evil.example' } }, response => {
        response.resume()
        resolve(response.statusCode)
      }).end(),
    )
    t.equal(status, 421)
  },
  { kit: { issuer: undefined } },
)

onEveryStack('a browser’s cookies stay below the mount path', async (t, stack) => {
  const { body } = await stack.post('/api/sign-token', { redirect_url: REDIRECT_URI })
  const response = await fetch(body.data.url)
  for (const cookie of response.headers.getSetCookie()) {
    t.match(cookie, /HttpOnly/i)
    t.match(cookie, /SameSite=Lax/i)
    t.match(cookie, new RegExp(`Path=${stack.prefix || '/'}(;|$)`))
  }
})

onEveryStack(
  'behind a proxy that adds a path, pages lead to where the browser sees them',
  async (t, stack) => {
    // What the browser calls http://localhost:4000/id/…, the proxy brings to the host as /….
    const browser = new Browser('http://localhost:4000', url => {
      t.match(url.pathname, /^\/id\//, 'the browser stays below the path that it sees')
      return new URL(url.pathname.slice('/id'.length) + url.search, stack.origin)
    })
    const { body } = await stack.post('/api/sign-token', { redirect_url: REDIRECT_URI })
    t.match(body.data.url, /^http:\/\/localhost:4000\/id\//)
    const login = await browser.open(body.data.url)
    const consent = await browser.press(login, 'login-submit', {
      login: 'ada@example.com',
      password: PASSWORD,
    })
    t.match(consent.html, 'consent-allow')
    const callback = await browser.press(consent, 'consent-allow')
    t.ok(callback.url.searchParams.get('token'))
  },
  { prefixes: [''], kit: { issuer: 'http://localhost:4000/id', mountPath: '' } },
)
