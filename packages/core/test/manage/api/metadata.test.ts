import t from 'tap'
import { installation } from '../../installation.ts'

const WELL_KNOWN = '/.well-known/oauth-protected-resource'

t.test('the management API is described where RFC 9728 has it', async t => {
  for (const [issuer, path] of [
    ['https://id.example.com', ''],
    ['https://example.com/auth', '/auth'],
  ] as const) {
    const { ask } = installation({ issuer })
    const { status, headers, body } = await ask('GET', `${WELL_KNOWN}${path}/manage/v1`)
    t.equal(status, 200)
    t.match(headers, { 'cache-control': 'public, max-age=300', 'access-control-allow-origin': '*' })
    t.match(JSON.parse(body), {
      resource: `${issuer}/manage/v1`,
      authorization_servers: [issuer],
      scopes_supported: ['manage:read', 'manage'],
      bearer_methods_supported: ['header'],
      resource_name: 'the management of XWMS',
    })
  }
  const { kit } = installation({ issuer: 'https://example.com/auth' })
  t.equal(kit.match(`${WELL_KNOWN}/manage/v1`, ''), undefined, 'that one is about another resource')
})

t.test('without an issuer it is described as the caller sees it', async t => {
  const { ask } = installation({ issuer: undefined } as object)
  const origin = 'http://localhost:3000'
  const { body } = await ask('GET', `/auth${WELL_KNOWN}/manage/v1`, { origin, mountPath: '/auth' })
  t.match(JSON.parse(body), {
    resource: `${origin}/auth/manage/v1`,
    authorization_servers: [`${origin}/auth`],
  })
  const refused = await ask('GET', '/auth/manage/v1/workspaces/ws_1/plan', { origin, mountPath: '/auth' })
  t.match(refused.headers['www-authenticate'], `resource_metadata="${origin}/auth${WELL_KNOWN}/manage/v1"`)
})

t.test('without an issuer a token is for whichever address of this machine', async t => {
  const xwms = installation({ issuer: undefined } as object)
  const shop = await xwms.client({ scopes: ['manage:read'] })
  const origin = 'http://localhost:3000'
  const { body } = await xwms.ask('POST', '/oauth/token', {
    origin,
    form: {
      grant_type: 'client_credentials',
      client_id: shop.client.id,
      client_secret: shop.value,
      resource: `${origin}/manage/v1`,
    },
  })
  const { status } = await xwms.ask('GET', `/manage/v1/workspaces/${shop.client.workspaceId}/plan`, {
    origin: 'http://127.0.0.1:3000',
    headers: { authorization: `Bearer ${JSON.parse(body).access_token}` },
  })
  t.equal(status, 200)
})
