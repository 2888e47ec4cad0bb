import t from 'tap'
import { ENDPOINTS } from '../../src/endpoints.ts'
import { installation } from '../installation.ts'
import { userinfo } from '../oauth/partner.ts'

const PREFLIGHT = {
  origin: 'https://spa.example.com',
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'authorization,content-type,dpop',
}

const SHARED: Readonly<Record<string, string>> = {
  '/.well-known/openid-configuration': 'GET',
  '/.well-known/oauth-authorization-server': 'GET',
  '/.well-known/jwks.json': 'GET',
  '/oauth/token': 'POST',
  '/oauth/par': 'POST',
  '/oauth/device_authorization': 'POST',
  '/oauth/revoke': 'POST',
  '/oauth/userinfo': 'GET, POST',
  '/oauth/register': 'POST, GET, PUT, DELETE',
  '/.well-known/oauth-protected-resource/manage/v1': 'GET',
  '/manage/v1/workspaces/ws_1/plan': 'GET',
  '/manage/v1/workspaces/ws_1/usage': 'GET',
  '/manage/v1/workspaces/ws_1/requests': 'GET',
  '/manage/v1/workspaces/ws_1/invoices': 'GET',
  '/manage/v1/workspaces/ws_1/invoices/one': 'GET',
  '/manage/v1/workspaces/ws_1/limits': 'GET, PATCH',
  '/manage/v1/workspaces/ws_1/clients/one/limits': 'GET, PATCH',
  '/manage/v1/workspaces/ws_1/events': 'GET',
  '/manage/v1/workspaces/ws_1/blocks': 'GET',
  '/manage/v1/workspaces/ws_1/blocks/one': 'DELETE',
}

/** The path of an endpoint, with something in the places of its parameters. */
const filled = (path: string) => path.replace(':workspace_id', 'ws_1').replace(/:\w+/g, 'one')

t.test('a page of another origin may call what browser clients need, without cookies', async t => {
  const { ask } = installation()
  for (const [path, methods] of Object.entries(SHARED)) {
    const { status, headers, body } = await ask('OPTIONS', path, { headers: PREFLIGHT })
    t.equal(status, 204, path)
    t.equal(body, '')
    t.match(headers, {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': methods,
      'access-control-allow-headers': 'authorization, content-type, dpop, *',
      'access-control-max-age': '7200',
    })
    t.notOk('access-control-allow-credentials' in headers, path)
  }
})

t.test('nothing else is for pages of other origins', async t => {
  const { ask } = installation()
  const others = new Set(
    ENDPOINTS.map(({ path }) => filled(path)).filter(path => !Object.hasOwn(SHARED, path)),
  )
  t.ok(others.has('/oauth/introspect') && others.has('/oauth/authorize') && others.has('/sign-in'))
  for (const path of others) {
    const { status, headers } = await ask('OPTIONS', path, { headers: PREFLIGHT })
    t.equal(status, 405, path)
    t.notOk(
      Object.keys(headers).some(name => name.startsWith('access-control-')),
      path,
    )
  }
})

t.test('a page can read the answer, the refusal, and the headers that say what to do', async t => {
  const xwms = installation()
  const answers = [
    await xwms.ask('GET', '/.well-known/openid-configuration'),
    await xwms.ask('POST', '/oauth/token', { form: {} }),
    await userinfo(xwms, 'unknown'),
    await xwms.ask('DELETE', '/oauth/token'),
  ]
  t.strictSame(
    answers.map(({ status }) => status),
    [200, 401, 401, 405],
  )
  for (const { headers } of answers) {
    t.equal(headers['access-control-allow-origin'], '*')
    for (const name of ['www-authenticate', 'dpop-nonce'])
      t.match(headers['access-control-expose-headers'], name)
  }
})
