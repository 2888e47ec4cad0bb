// What a route under `protect({ resource })` promises, whatever the framework: each adapter's own tests run all of it.

import { createHash, randomUUID } from 'node:crypto'
import { createServer, request as httpRequest, type RequestListener } from 'node:http'
import { createServer as createTlsServer, request as tlsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import {
  type FindCertificate,
  type Kit,
  type McpAuthInfo,
  type Storage,
  StorageUnavailableError,
  type TokenCaller,
  type TokenProtectOptions,
  type UsageEvent,
  type XwmsOptions,
} from '@xwms/core'
import { memory } from '@xwms/storage-memory'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose'
import t, { type Test } from 'tap'
import { type Certificate, createAuthority, selfSigned } from './certificate.ts'
import { logged } from './logged.ts'
import { type Seeded, seed } from './seed.ts'

/** What an adapter builds: an application with XWMS in it, and one guarded route at `/orders`, of every method. */
export interface GuardedRoute {
  readonly protect: TokenProtectOptions
  /** What the handler sends, as JSON, when it is told of its caller. */
  readonly answer: (caller: TokenCaller, auth: McpAuthInfo | undefined) => unknown
}

export type BuildHost = (
  route: GuardedRoute,
  options: XwmsOptions,
) => { readonly kit: Kit; readonly listener: RequestListener }

const ISSUER = 'https://id.example.com'
const RESOURCE = `${ISSUER}/orders`
const METADATA = `${ISSUER}/.well-known/oauth-protected-resource/orders`

interface Setting {
  readonly options?: XwmsOptions
  readonly protect?: Partial<TokenProtectOptions>
  readonly answer?: GuardedRoute['answer']
  /** Speak TLS, and ask callers for a certificate. */
  readonly tls?: Certificate
}

interface Sent {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly form?: Readonly<Record<string, string>>
  /** The caller's certificate. */
  readonly certificate?: Certificate
}

interface Received {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever an answer holds.
  readonly body: any
}

interface Issued {
  readonly scopes?: readonly string[]
  readonly audience?: readonly string[]
  readonly sub?: string | undefined
  readonly confirmation?: Readonly<Record<string, string>>
  readonly parameters?: Readonly<Record<string, string>>
}

interface Host extends Seeded {
  readonly kit: Kit
  /** Everything that was logged, as text. */
  readonly log: string[]
  call(sent?: Sent): Promise<Received>
  /** A token in storage, as the token endpoint would have left it there; answers its value. */
  token(issued?: Issued): Promise<string>
  events(): Promise<UsageEvent[]>
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('base64url')
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

export function testGuardedResource(build: BuildHost): void {
  async function start(t: Test, { options, protect, answer, tls }: Setting = {}): Promise<Host> {
    const log: string[] = []
    const write = (fields: object, message: string) => void log.push(JSON.stringify([fields, message]))
    const { kit, listener } = build(
      {
        protect: { resource: '/orders', scope: 'orders:read', price: 'orders', route: 'orders', ...protect },
        answer: answer ?? (() => ({ done: true })),
      },
      {
        issuer: ISSUER,
        logger: { debug: write, info: write, warn: write, error: write },
        scopes: { 'orders:read': 'Read your orders', 'orders:write': 'Change your orders' },
        prices: { orders: 50_000 },
        ...options,
      },
    )
    const server = tls
      ? createTlsServer({ ...tls, requestCert: true, rejectUnauthorized: false }, listener)
      : createServer(listener)
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    t.teardown(async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
      await kit.close()
    })
    const seeded = await seed(kit)
    const { storage, now } = kit.config
    return {
      ...seeded,
      kit,
      log,
      call: sent => exchanged(port, tls !== undefined, sent),
      async token({ sub, parameters = {}, ...over } = {}) {
        const value = `xwms_at_${randomUUID()}`
        const id = `gr_${randomUUID()}`
        const own = { clientId: seeded.client.id, sub, createdAt: now() }
        const scopes = over.scopes ?? ['orders:read']
        const user = { sid: undefined, authenticatedAt: undefined, amr: [], revokedAt: undefined }
        await storage.tokens.issue({
          grant: { ...own, ...user, id, scopes, parameters },
          accessToken: {
            ...own,
            hash: sha256(value),
            grantId: id,
            scopes,
            audience: over.audience ?? [RESOURCE],
            authorizationDetails: undefined,
            confirmation: over.confirmation,
            expiresAt: new Date(now().getTime() + 3_600_000),
          },
          refreshToken: undefined,
        })
        return value
      },
      events: () =>
        storage.usage.events(
          { workspaceId: seeded.workspace.id, from: new Date(0), to: new Date('2999-01-01') },
          100,
        ),
    }
  }

  t.test('the handler is told who calls, and the call is metered once, without a domain', async t => {
    const details = [{ type: 'order', id: 7 }]
    const host = await start(t, {
      answer: ({ client, workspace, user, scopes, resource, token, ...rest }, auth) => ({
        caller: [client.name, workspace.name, user?.email, scopes, resource, token],
        details: rest.authorizationDetails,
        actor: rest.actor,
        requestId: rest.requestId,
        auth,
        user,
      }),
    })
    const { sub } = host.user
    const token = await host.token({
      sub,
      scopes: ['orders:read', 'email'],
      parameters: { authorization_details: JSON.stringify(details), act: '{"sub":"desk"}' },
    })
    const headers = { ...bearer(token), 'x-request-id': 'request-0001' }
    const { status, body, headers: received } = await host.call({ path: '/orders?page=2', headers })
    t.equal(status, 200)
    t.equal(received['x-request-id'], 'request-0001')
    const scopes = ['orders:read', 'email']
    t.strictSame(body.caller, ['Paper Shop', 'Paper Plane', 'ada@example.com', scopes, RESOURCE, token])
    t.strictSame(body.details, details)
    t.strictSame(body.actor, { sub: 'desk' })
    t.equal(body.requestId, 'request-0001')
    t.match(body.auth, { token, clientId: host.client.id, scopes, resource: RESOURCE, extra: { sub } })
    t.ok(Number.isInteger(body.auth.expiresAt))
    t.notOk('passwordHash' in body.user, 'and not of what proves the user')
    t.match(await host.events(), [
      { route: 'orders', clientId: host.client.id, mode: 'live', sub, status: 200, priceNanoEuro: 50_000 },
    ])
    t.equal((await host.events())[0]?.domainId, undefined)
    t.equal((await host.events()).length, 1)
  })

  t.test('a client that acts for itself may say whom a call is about', async t => {
    const host = await start(t, {
      answer: ({ user, concerns }, auth) => {
        concerns('4711')
        return [user, auth?.extra]
      },
    })
    const { body } = await host.call({ headers: bearer(await host.token()) })
    t.strictSame(body, [null, {}])
    t.match(await host.events(), [{ sub: '4711' }])
  })

  t.test('whoever is refused learns why, and the handler never runs', async t => {
    const host = await start(t, { answer: () => t.fail('the handler ran') })
    const revoked = await host.token()
    await host.kit.config.storage.tokens.revokeAccessToken(sha256(revoked), new Date())
    const refusals: [why: string, token: string | undefined, status: number, error: string][] = [
      ['no token', undefined, 401, 'invalid_token'],
      ['an unknown token', 'unknown', 401, 'invalid_token'],
      ['a revoked token', revoked, 401, 'invalid_token'],
      ['a token for no resource', await host.token({ audience: [] }), 401, 'invalid_token'],
      ['a token for another', await host.token({ audience: [`${RESOURCE}/7`] }), 401, 'invalid_token'],
      ['a token of another scope', await host.token({ scopes: ['orders:write'] }), 403, 'insufficient_scope'],
      ['a token bound to a key', await host.token({ confirmation: { jkt: 'x' } }), 401, 'invalid_token'],
      [
        'a token bound to a certificate',
        await host.token({ confirmation: { 'x5t#S256': 'x' } }),
        401,
        'invalid_token',
      ],
    ]
    for (const [why, token, status, error] of refusals) {
      const received = await host.call({ headers: token === undefined ? {} : bearer(token) })
      t.equal(received.status, status, why)
      t.equal(received.body.error, error, why)
      const challenge = String(received.headers['www-authenticate'])
      t.match(challenge, `resource_metadata="${METADATA}"`, why)
      t.match(challenge, 'scope="orders:read"', why)
      t.equal(challenge.includes('error='), token !== undefined, why)
      t.match(received.headers, { 'cache-control': 'no-store', 'x-request-id': String }, why)
    }
    t.match(await host.call({ path: '/orders?access_token=x' }), { status: 401 }, 'never in the query')
    t.match(await host.call({ headers: host.headers }), { status: 401 }, 'and no other credentials do')
    t.strictSame(await host.events(), [])
  })

  t.test('every method is guarded and metered, HEAD and OPTIONS among them', async t => {
    const host = await start(t)
    const headers = bearer(await host.token())
    const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']
    for (const method of methods) {
      t.equal((await host.call({ method })).status, 401, `${method} without a token`)
      const { status, text } = await host.call({ method, headers })
      t.equal(status, 200, method)
      t.equal(text, method === 'HEAD' ? '' : '{"done":true}')
    }
    t.equal((await host.events()).length, methods.length)
  })

  t.test('a token bound to a key needs proof, made for the address of this resource', async t => {
    const host = await start(t)
    const { publicKey, privateKey } = await generateKeyPair('ES256')
    const jwk = await exportJWK(publicKey)
    const token = await host.token({ confirmation: { jkt: await calculateJwkThumbprint(jwk) } })
    const proof = (over: Readonly<Record<string, unknown>> = {}) =>
      new SignJWT({ jti: randomUUID(), htm: 'GET', htu: RESOURCE, ath: sha256(token), ...over })
        .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
        .setIssuedAt()
        .sign(privateKey)
    const call = (dpop: string, more: Readonly<Record<string, string>> = {}) =>
      host.call({ path: '/orders?page=2', headers: { authorization: `DPoP ${token}`, dpop, ...more } })

    t.equal((await call(await proof())).status, 200)
    const once = await proof()
    t.equal((await call(once)).status, 200)
    const refused = { status: 401, body: { error: 'invalid_dpop_proof' } }
    t.match(await call(once), refused, 'a replay')
    t.match(await call(await proof({ htm: 'POST' })), refused)
    t.match(await call(await proof({ htu: `${RESOURCE}/7` })), refused)
    // Another server, which was called with this token, cannot pass the call on in its own name.
    const stolen = await proof({ htu: 'https://evil.example.com/orders' })
    t.match(await call(stolen, { host: 'evil.example.com' }), refused)
    t.match(await call(stolen, { 'x-forwarded-host': 'evil.example.com' }), refused)
    t.equal((await call(await proof(), { host: 'internal.example.com' })).status, 200)
    t.match(await host.call({ headers: bearer(token) }), { status: 401, body: { error: 'invalid_token' } })
  })

  t.test('a token bound to a certificate is good on the connection that proves it', async t => {
    const authority = await createAuthority()
    const host = await start(t, { tls: await authority.server() })
    const [own, other] = [await selfSigned('CN=shop'), await selfSigned('CN=shop')]
    const confirmation = { 'x5t#S256': thumbprintOf(own.cert) }
    const headers = bearer(await host.token({ confirmation }))
    t.equal((await host.call({ headers, certificate: own })).status, 200)
    t.equal((await host.call({ headers, certificate: other })).status, 401)
    t.equal((await host.call({ headers })).status, 401)
    t.equal((await host.call({ headers: bearer(await host.token()), certificate: other })).status, 200)
  })

  t.test('a certificate that a proxy passes on is found where the host says, when it matters', async t => {
    let asked = 0
    const clientCertificate: FindCertificate = ({ headers }) => {
      asked++
      const certificate = headers['x-client-cert']
      return typeof certificate === 'string' ? { certificate, verified: true } : undefined
    }
    const host = await start(t, { options: { clientCertificate } })
    const { cert } = await selfSigned('CN=shop')
    const bound = bearer(await host.token({ confirmation: { 'x5t#S256': thumbprintOf(cert) } }))
    const der = cert.replace(/-----[^-]+-----|\s/g, '')
    t.equal((await host.call({ headers: bearer(await host.token()) })).status, 200)
    t.equal(asked, 0)
    t.equal((await host.call({ headers: { ...bound, 'x-client-cert': der } })).status, 200)
    t.equal((await host.call({ headers: bound })).status, 401)
    t.equal((await host.call({ headers: { ...bound, 'x-client-cert': 'nonsense' } })).status, 401)
    t.equal(asked, 3)
  })

  t.test('the plan of the workspace holds for its tokens', async t => {
    const plan = { title: 'Small', monthlyFeeNanoEuro: 0, includedRequests: 3, hardCap: true }
    const rateLimit = { requests: 2, windowSeconds: 60 }
    const time = new Date('2026-03-04T05:06:07Z')
    const host = await start(t, {
      options: { plans: { small: { ...plan, rateLimit } }, now: () => new Date(time) },
    })
    const call = async () => host.call({ headers: bearer(await host.token()) })
    const error = (code: string) => ({ status: 429, body: { error: code } })
    t.equal((await call()).status, 200)
    t.equal((await call()).status, 200)
    const limited = await call()
    t.match(limited, error('rate_limited'))
    t.match(limited.headers, {
      'retry-after': '53',
      'ratelimit-policy': '"rate";q=2',
      ratelimit: '"rate";r=0;t=53',
    })
    time.setMinutes(7)
    t.equal((await call()).status, 200)
    const capped = await call()
    t.match(capped, error('quota_exceeded'))
    t.match(capped.headers, { 'retry-after': /^\d{7}$/, 'ratelimit-policy': '"quota";q=3' })
    t.equal((await host.events()).length, 3)

    const { storage } = host.kit.config
    const entry = { id: 'aud_1', at: time, actor: 'test', action: 'workspace.updated' }
    const nothing = { workspaceId: undefined, target: '', ip: undefined, before: undefined, after: undefined }
    await storage.workspaces.update(
      host.workspace,
      { ...host.workspace, planStatus: 'inactive' },
      { ...entry, ...nothing },
    )
    t.match(await call(), { status: 402, body: { error: 'plan_inactive' } })
  })

  t.test('clients find the metadata of the resource, from pages of other origins too', async t => {
    const host = await start(t)
    const { pathname } = new URL(METADATA)
    const { status, headers, body } = await host.call({ path: `${pathname}?a=b` })
    t.equal(status, 200)
    t.match(headers, {
      'content-type': /^application\/json/,
      'access-control-allow-origin': '*',
      'cache-control': /max-age/,
    })
    t.match(body, {
      resource: RESOURCE,
      authorization_servers: [ISSUER],
      scopes_supported: ['orders:read'],
      bearer_methods_supported: ['header'],
    })
    t.match(await host.call({ method: 'OPTIONS', path: pathname }), {
      status: 204,
      headers: { 'access-control-allow-methods': 'GET', 'access-control-allow-headers': /\*/ },
    })
    t.match(await host.call({ method: 'HEAD', path: pathname }), { status: 200, text: '' })
    t.equal((await host.call({ method: 'POST', path: pathname })).status, 405)
    t.equal((await host.call({ path: '/.well-known/oauth-protected-resource' })).status, 404)
    t.strictSame(await host.events(), [], 'and none of it costs')
  })

  t.test('when the storage is away, the route says so, in the words of OAuth', async t => {
    const away = () => Promise.reject(new StorageUnavailableError('connection refused'))
    const storage = memory()
    const { tokens } = storage
    const broken: Storage = { ...storage, tokens: { ...tokens, findAccessToken: away } }
    const host = await start(t, {
      options: { storage: broken },
      answer: () => t.fail('the handler ran'),
    })
    const unavailable = {
      status: 503,
      headers: { 'retry-after': '5', 'x-request-id': String },
      body: { error: 'temporarily_unavailable', error_description: String },
    }
    t.match(await host.call({ headers: bearer('any') }), unavailable)
  })

  t.test('when usage cannot be recorded, there is no answer to be had for free', async t => {
    const storage = memory()
    const { usage } = storage
    const full = () => Promise.reject(new StorageUnavailableError('the disk is full'))
    const host = await start(t, { options: { storage: { ...storage, usage: { ...usage, append: full } } } })
    const headers = { ...bearer(await host.token()), 'x-request-id': 'request-0001' }
    const received = await host.call({ headers })
    t.match(received, {
      status: 503,
      headers: { 'x-request-id': 'request-0001' },
      body: { error: 'temporarily_unavailable' },
    })
    t.notMatch(received.text, 'done')
  })

  t.test('a token stands in no log, and in nothing that is kept of a request', async t => {
    const storage = memory()
    const kept: string[] = []
    const host = await start(t, {
      options: {
        storage: {
          ...storage,
          requestLog: {
            ...storage.requestLog,
            append: async entries => {
              kept.push(JSON.stringify(entries))
              await storage.requestLog.append(entries)
            },
          },
        },
      },
      answer: () => {
        throw new Error('broken')
      },
    })
    const [good, weak] = [await host.token(), await host.token({ scopes: ['email'] })]
    const tokens = [good, weak, 'xwms_at_unknown', await host.token({ audience: [] })]
    for (const token of tokens) {
      const path = `/orders?access_token=${token}`
      await host.call({ path, headers: { ...bearer(token), dpop: token, 'user-agent': 'desk' } })
    }
    await host.kit.close()
    const refused = await logged(storage, host.client)
    t.match(refused.map(({ refusedBy }) => refusedBy).sort(), ['insufficient_scope', 'invalid_token'])
    t.match(refused[0], { route: 'orders', domainId: undefined, userAgent: 'desk', ip: String })
    const written = JSON.stringify([host.log, kept, await host.events()])
    for (const token of tokens) {
      t.notMatch(written, token)
      t.notMatch(written, sha256(token))
    }
  })

  t.test('a token that was asked for with the resource is good there, and one without is not', async t => {
    const host = await start(t, { answer: ({ client }) => client.id })
    const credentials = { client_id: host.client.id, client_secret: host.secret.value }
    const tokenFor = async (asked: Readonly<Record<string, string>>) => {
      const form = { grant_type: 'client_credentials', ...credentials, ...asked }
      const { body } = await host.call({ method: 'POST', path: '/oauth/token', form })
      return bearer(body.access_token)
    }
    const headers = await tokenFor({ resource: RESOURCE })
    t.match(await host.call({ headers }), { status: 200, body: host.client.id })
    t.equal((await host.call({ headers: await tokenFor({}) })).status, 401)
  })
}

/** RFC 8705 section 3.1. */
function thumbprintOf(pem: string): string {
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64')
  return createHash('sha256').update(der).digest('base64url')
}

/** One request on a connection of its own; unlike fetch it sends any Host and any certificate. */
function exchanged(port: number, secure: boolean, sent: Sent = {}): Promise<Received> {
  const { method = 'GET', path = '/orders', headers, form, certificate } = sent
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  const options = {
    host: '127.0.0.1',
    port,
    method,
    path,
    headers: { ...(form && type), ...headers },
    agent: false,
  }
  return new Promise((resolve, reject) => {
    const request = secure
      ? tlsRequest({ ...options, ...certificate, rejectUnauthorized: false })
      : httpRequest(options)
    request.on('error', reject)
    request.on('response', async response => {
      let text = ''
      for await (const chunk of response.setEncoding('utf8')) text += chunk
      let body: unknown = text
      try {
        body = JSON.parse(text)
      } catch {
        // A page, or nothing.
      }
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body })
    })
    request.end(form && new URLSearchParams(form).toString())
  })
}
