import { addDomain, createWorkspace, type User } from '@xwms/core'
import { decodeJwt } from 'jose'
import type { Test } from 'tap'
import type { Browser } from '../support/browser.ts'
import { decide } from '../support/device.ts'
import { addGrace } from '../support/seed.ts'
import { type Answer, conformance, type Party, type Provider } from './provider.ts'
import {
  approve,
  begin,
  idTokenClaims,
  introspect,
  redeem,
  responseOf,
  signIn,
  type Tokens,
  token,
  userinfo,
} from './relying-party.ts'

const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code'
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'

/** Grace, who is signed in, in front of her browser. */
interface Person {
  readonly provider: Provider
  readonly browser: Browser
  readonly user: User
}

/** Asks for tokens by each grant, with a client that has no other but what it needs first. */
const GRANTS: Readonly<Record<string, (person: Person) => Promise<Answer>>> = {
  async authorization_code({ provider, browser }) {
    const party = await provider.client({ grantTypes: ['authorization_code'] })
    const begun = begin(provider, party)
    const { code } = responseOf(await approve(browser, begun.url))
    return redeem(provider, party, begun, code)
  },
  async refresh_token({ provider, browser }) {
    const party = await provider.client({ grantTypes: ['authorization_code', 'refresh_token'] })
    const { refresh_token } = await signIn(provider, party, { scope: 'openid offline_access' }, { browser })
    return token(provider, party, { grant_type: 'refresh_token', refresh_token })
  },
  async client_credentials({ provider }) {
    const party = await provider.client({ grantTypes: ['client_credentials'] })
    return token(provider, party, { grant_type: 'client_credentials', scope: 'orders:read' })
  },
  async [DEVICE]({ provider, browser }) {
    const device = { ...(await provider.client({ grantTypes: [DEVICE], type: 'public' })), secret: '' }
    const { body } = await provider.ask('/oauth/device_authorization', {
      form: { client_id: device.id, scope: 'openid' },
    })
    await decide(browser, body.verification_uri_complete, 'allow')
    return token(provider, device, { grant_type: DEVICE, device_code: body.device_code })
  },
  async [EXCHANGE]({ provider, browser }) {
    const party = await provider.client({ grantTypes: ['authorization_code', EXCHANGE] })
    const { access_token } = await signIn(provider, party, { scope: 'openid email' }, { browser })
    return token(provider, party, {
      grant_type: EXCHANGE,
      subject_token: access_token,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    })
  },
}

/** What a client has got for a scope. */
interface Given extends Person {
  readonly party: Party
  readonly tokens: Tokens
}

/** For each scope what it brings, or what answers 200 for it. */
const SCOPES: Readonly<Record<string, (t: Test, given: Given) => Promise<unknown>>> = {
  openid: async (t, { provider, user, tokens }) =>
    t.equal((await idTokenClaims(provider, tokens.id_token)).sub, user.sub),
  profile: async (t, given) => t.equal((await claims(given)).name, 'Grace B. Hopper'),
  email: async (t, given) => t.equal((await claims(given)).email, 'grace@example.com'),
  address: async (t, given) => t.match((await claims(given)).address, { locality: 'Arlington' }),
  phone: async (t, given) => t.equal((await claims(given)).phone_number, '+12025550123'),
  offline_access: async (t, { provider, party, tokens: { refresh_token } }) =>
    t.equal((await token(provider, party, { grant_type: 'refresh_token', refresh_token })).status, 200),
  userinfo: async (t, given) => {
    const { status, body } = await askApi(given, '/api/get/user/info')
    t.strictSame([status, body.data?.user.birth_date], [200, '1906-12-09'])
  },
  useraddresses: async (t, given) => {
    const { status, body } = await askApi(given, '/api/get/user/address')
    t.strictSame([status, body.data?.addresses[0].city], [200, 'Arlington'])
  },
  'manage:read': async (t, given) => {
    t.equal((await manage(given, 'GET')).status, 200)
    t.equal((await manage(given, 'PATCH')).status, 403, 'and nothing is changed by it')
  },
  manage: async (t, given) => t.equal((await manage(given, 'PATCH')).body.monthly_request_cap, 1000),
  'orders:read': async (t, { provider, tokens }) => {
    const authorization = `Bearer ${tokens.access_token}`
    t.equal((await provider.ask(provider.resource, { headers: { authorization } })).status, 200)
  },
  // One of the host's own, which guards no route here; whoever does learns of it so.
  'orders:write': async (t, { provider, party, tokens: { access_token } }) =>
    t.equal((await introspect(provider, party, { token: access_token })).body.scope, 'openid orders:write'),
}

async function claims({ provider, tokens }: Given) {
  return (await userinfo(provider, tokens.access_token)).body
}

/** Calls the XWMS API, where a client brings its secret, about a user who approved it. */
async function askApi({ provider, party, user }: Given, path: string): Promise<Answer> {
  const { host } = await addDomain(provider.environment, {
    clientId: party.id,
    host: 'rp.example.com',
    mode: 'live',
  })
  const headers = { 'x-client-id': party.id, 'x-client-secret': party.secret, 'x-client-domain': host }
  return provider.ask(path, { headers, json: { sub: user.sub } })
}

/** Looks at the limits of a workspace of Grace's, or changes one. */
async function manage({ provider, user, tokens }: Given, method: 'GET' | 'PATCH'): Promise<Answer> {
  const input = { name: 'Compilers', plan: 'enterprise', owner: user.sub }
  const { id } = await createWorkspace(provider.environment, input)
  return provider.ask(`/manage/v1/workspaces/${id}/limits`, {
    method,
    headers: { authorization: `Bearer ${tokens.access_token}` },
    ...(method === 'PATCH' && { json: { monthly_request_cap: 1000 } }),
  })
}

/** The resource that a scope is about, where it is about one. */
function resourceOf({ issuer, resource }: Provider, scope: string): string | undefined {
  if (scope.startsWith('manage')) return `${issuer}/manage/v1`
  return scope.startsWith('orders') ? resource : undefined
}

await conformance(
  statement => {
    statement(
      'META-4',
      'Every scope, response mode, grant type and subject type that is advertised works',
      async (t, provider) => {
        const { body: metadata } = await provider.ask('/.well-known/openid-configuration')
        const user = await addGrace(provider.kit)
        const browser = provider.browser()
        const person = { provider, browser, user }
        await signIn(provider, await provider.client(), {}, { browser, login: user.email })

        t.strictSame([...metadata.scopes_supported].sort(), Object.keys(SCOPES).sort())
        for (const [scope, works] of Object.entries(SCOPES)) {
          const party = await provider.client({ scopes: ['openid', scope] })
          const asked = scope === 'openid' ? scope : `openid ${scope}`
          const begun = begin(provider, party, { scope: asked, resource: resourceOf(provider, scope) })
          const page = await browser.open(begun.url)
          t.match(page.html, provider.kit.config.scopes[scope], `${scope} is asked for`)
          const { body } = await redeem(provider, party, begun, responseOf(await approve(browser, page)).code)
          t.ok(body.scope.split(' ').includes(scope), `${scope} is given`)
          await works(t, { ...person, party, tokens: body })
        }

        t.strictSame([...metadata.grant_types_supported].sort(), Object.keys(GRANTS).sort())
        for (const [grant, ask] of Object.entries(GRANTS)) {
          const { status, body } = await ask(person)
          t.match([status, body], [200, { access_token: /^[\w-]{22,}$/, token_type: 'Bearer' }], grant)
        }

        t.strictSame(metadata.response_types_supported, ['code'])
        const party = await provider.client()
        for (const response_mode of metadata.response_modes_supported) {
          const begun = begin(provider, party, { response_mode })
          const page = await approve(browser, begun.url)
          t.equal(page.html !== '', response_mode.startsWith('form_post'), `${response_mode}: a form`)
          const response = responseOf(page)
          t.equal(response.response !== undefined, /\bjwt$/.test(response_mode), `${response_mode}: a JWT`)
          const { code } = response.response ? decodeJwt<{ code: string }>(response.response) : response
          t.equal((await redeem(provider, party, begun, code)).status, 200, response_mode)
        }

        t.strictSame([...metadata.subject_types_supported].sort(), ['pairwise', 'public'])
        for (const subject_type of metadata.subject_types_supported) {
          const typed = await provider.client({ metadata: { subject_type } })
          const { id_token, access_token } = await signIn(provider, typed, {}, { browser })
          const { sub } = await idTokenClaims(provider, id_token)
          t.equal(sub === user.sub, subject_type === 'public', subject_type)
          t.equal((await userinfo(provider, access_token)).body.sub, sub)
        }
      },
    )
  },
  () => ({ oauth: { tokenExchange: true } }),
)
