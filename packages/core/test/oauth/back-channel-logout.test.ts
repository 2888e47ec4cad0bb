import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import t, { type Test } from 'tap'
import { StorageUnavailableError } from '../../src/errors.ts'
import type { ClientMetadata } from '../../src/model/client-metadata.ts'
import { type Installation, ISSUER, installation } from '../installation.ts'
import { authorizationRequest, proofKey } from './partner.ts'

/** A client that is told of logouts: what it was sent, and what it answers. */
interface Receiver {
  readonly url: string
  readonly tokens: string[]
  readonly requests: { readonly method: string | undefined; readonly contentType: string | undefined }[]
  /** What it answers next; 200 once the list is empty. */
  readonly statuses: number[]
}

async function receiver(t: Test): Promise<Receiver> {
  const tokens: string[] = []
  const requests: Receiver['requests'] = []
  const statuses: number[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const form = new URLSearchParams(Buffer.concat(chunks).toString())
    requests.push({ method: request.method, contentType: request.headers['content-type'] })
    tokens.push(form.get('logout_token') ?? '')
    response.statusCode = statuses.shift() ?? 200
    if (response.statusCode === 302) response.setHeader('location', '/elsewhere')
    response.end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/logout`, tokens, requests, statuses }
}

/** An installation with Ada signed in at a client that wants to be told. */
async function signedInAt(
  t: Test,
  backchannel_logout_uri: string | undefined,
  metadata: ClientMetadata = {},
) {
  let finished = 0
  const xwms = installation(
    { outbound: { allowPrivateAddresses: true, timeoutSeconds: 2 } },
    ({ logoutDeliveries, ...storage }) => ({
      ...storage,
      logoutDeliveries: {
        ...logoutDeliveries,
        async finish(id) {
          await logoutDeliveries.finish(id)
          finished++
        },
      },
    }),
  )
  t.teardown(() => xwms.kit.close())
  const shop = await xwms.client()
  // Registration would refuse the plain http of this test's server.
  await xwms.storage.clients.update(
    shop.client,
    {
      ...shop.client,
      metadata: { ...(backchannel_logout_uri !== undefined && { backchannel_logout_uri }), ...metadata },
    },
    {
      id: 'aud_test',
      at: xwms.now(),
      actor: 'test',
      action: 'client.updated',
      workspaceId: shop.client.workspaceId,
      target: shop.client.id,
      ip: undefined,
      before: undefined,
      after: undefined,
    },
  )
  const ada = await xwms.user()
  const browser = xwms.browser()
  const page = await browser.get(
    authorizationRequest(shop.client.id, proofKey().challenge, { scope: 'openid' }),
  )
  await browser.decide(await browser.signIn(page, ada), 'allow')
  const [session] = await xwms.storage.sessions.list(ada.sub, xwms.now())
  return {
    xwms,
    shop,
    ada,
    browser,
    sid: session?.sid,
    /** How many deliveries are over and done with. */
    finished: () => finished,
    /** Makes the kit look for what is due now, as the next sign-out does; it would look by itself within seconds. */
    async kick() {
      const other = xwms.browser()
      const page = await other.signIn(await other.get('/account'), ada)
      await other.post('/account', { csrf_token: page.view.csrfToken, decision: 'sign_out' })
    },
    async signOut() {
      const { view } = await browser.get('/oauth/logout')
      return browser.post(view.action, { csrf_token: view.csrfToken, decision: 'confirm' })
    },
  }
}

async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let waited = 0; waited < 8000; waited += 20) {
    if (await condition()) return
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  throw new Error(`Waited in vain: ${what}`)
}

t.test('the client is told at once, with a token of the right kind', async t => {
  const { url, tokens, requests } = await receiver(t)
  const { xwms, shop, ada, sid, signOut, finished } = await signedInAt(t, url)
  await signOut()
  await until(() => tokens.length === 1, 'the token arrives')
  t.strictSame(requests, [{ method: 'POST', contentType: 'application/x-www-form-urlencoded' }])

  const [logoutToken = ''] = tokens
  const { keys } = JSON.parse((await xwms.ask('GET', '/.well-known/jwks.json')).body) as JSONWebKeySet
  const { payload, protectedHeader } = await jwtVerify(logoutToken, createLocalJWKSet({ keys }), {
    issuer: ISSUER,
    audience: shop.client.id,
    typ: 'logout+jwt',
    currentDate: xwms.now(),
  })
  t.equal(protectedHeader.alg, 'RS256')
  t.ok(protectedHeader.kid)
  const { iat = 0, exp = 0, jti, ...rest } = payload
  t.strictSame(rest, {
    iss: ISSUER,
    aud: shop.client.id,
    sub: ada.sub,
    sid,
    events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
  })
  t.equal(iat, Math.floor(xwms.now().getTime() / 1000))
  t.ok(exp > iat && exp - iat <= 120)
  t.match(jti, /^[\w-]{43}$/)
  t.notOk('nonce' in payload)
  await until(() => finished() === 1, 'it is crossed off')
})

t.test('the token is signed as the client’s ID tokens are, and names a pairwise subject', async t => {
  const { url, tokens } = await receiver(t)
  const { ada, signOut } = await signedInAt(t, url, {
    id_token_signed_response_alg: 'ES256',
    subject_type: 'pairwise',
  })
  await signOut()
  await until(() => tokens.length === 1, 'the token arrives')
  t.equal(decodeProtectedHeader(tokens[0] ?? '').alg, 'ES256')
  const { sub } = decodeJwt(tokens[0] ?? '')
  t.ok(sub)
  t.not(sub, ada.sub)
})

t.test('a failure is tried again, later each time, with a fresh token', async t => {
  const { url, tokens, statuses } = await receiver(t)
  statuses.push(500, 400, 302, 204)
  const { xwms, signOut, kick, finished } = await signedInAt(t, url)
  await signOut()
  await until(() => tokens.length === 1, 'the first attempt')
  for (const [index, seconds] of [1, 5, 30].entries()) {
    await until(() => attempts(xwms) === index + 1, 'the failure is noted')
    xwms.pass(seconds - 1)
    await kick()
    t.equal(tokens.length, index + 1, `not before ${seconds} s`)
    xwms.pass(1)
    await kick()
    await until(() => tokens.length === index + 2, `the attempt after ${seconds} s`)
  }
  await until(() => finished() === 1, '204 is as good as 200')
  const ids = tokens.map(token => decodeJwt(token).jti)
  t.equal(new Set(ids).size, 4)
  t.match(xwms.log.filter(({ level }) => level === 'info')[0]?.fields, {
    attempts: 1,
    uri: url,
    problem: 'It answered with status 500.',
  })
  for (const token of tokens) t.notMatch(JSON.stringify(xwms.log), token)
})

/** How many failures were logged. */
function attempts({ log }: Installation): number {
  return log.filter(({ message }) => message.includes('trying again')).length
}

t.test('it is given up after a day, and the owner of the log is told', async t => {
  const { url, tokens, statuses } = await receiver(t)
  statuses.push(...Array.from({ length: 100 }, () => 503))
  const { xwms, shop, signOut, kick, finished } = await signedInAt(t, url)
  await signOut()
  await until(() => attempts(xwms) === 1, 'the first failure')
  xwms.pass(86_400 - 1)
  await kick()
  await until(() => finished() === 1, 'it is given up')
  const warning = xwms.log.find(({ message }) => message.startsWith('A client was not told'))
  t.equal(warning?.level, 'warn')
  t.match(warning, { fields: { client: shop.client.id, attempts: 2, uri: url } })
  t.equal(tokens.length, 2)
  t.notMatch(JSON.stringify(xwms.log), tokens[0] ?? '')
})

t.test('a client that cannot be reached delays nobody', async t => {
  const { xwms, signOut } = await signedInAt(t, 'http://127.0.0.1:9/logout')
  const page = await signOut()
  t.match(page.view, { page: 'message', message: 'signed_out' })
  await until(() => attempts(xwms) === 1, 'the failure is noted')
  t.match(xwms.log.find(({ level }) => level === 'info')?.fields, { problem: /^http:\/\/127\.0\.0\.1:9 / })
})

t.test('who has no address is not told, and who lost it is forgotten', async t => {
  const { xwms, signOut } = await signedInAt(t, undefined)
  await signOut()
  const later = new Date(xwms.now().getTime() + 86_400_000)
  t.strictSame(await xwms.storage.logoutDeliveries.claim(later, later, 10), [])

  const { url, tokens, statuses } = await receiver(t)
  statuses.push(500)
  const other = await signedInAt(t, url)
  await other.signOut()
  await until(() => attempts(other.xwms) === 1, 'the failure is noted')
  await other.xwms.storage.clients.delete(other.shop.client.id, {
    id: 'aud_deleted',
    at: other.xwms.now(),
    actor: 'test',
    action: 'client.deleted',
    workspaceId: other.shop.client.workspaceId,
    target: other.shop.client.id,
    ip: undefined,
    before: undefined,
    after: undefined,
  })
  other.xwms.pass(60)
  await other.kick()
  await new Promise(resolve => setTimeout(resolve, 100))
  t.equal(tokens.length, 1)
  t.equal(attempts(other.xwms), 1)
})

t.test('a token that another process left behind is sent after a start', async t => {
  const { url, tokens } = await receiver(t)
  const { xwms, shop, ada } = await signedInAt(t, url)
  const [session] = await xwms.storage.sessions.list(ada.sub, xwms.now())
  // Signed out by a process that ended before it could send anything.
  await xwms.storage.sessions.logOut(session?.idHash ?? '', xwms.now())
  t.equal(tokens.length, 0)
  await until(() => tokens.length === 1, 'the round that comes by itself')
  t.equal(decodeJwt(tokens[0] ?? '').aud, shop.client.id)
})

t.test(
  'what cannot be read is told of once; where the storage is away, as the outage that it is',
  async t => {
    const told = async (problem: Error) => {
      let asked = 0
      const xwms = installation({}, storage => ({
        ...storage,
        logoutDeliveries: {
          ...storage.logoutDeliveries,
          async claim() {
            asked++
            throw problem
          },
        },
      }))
      t.teardown(() => xwms.kit.close())
      await xwms.kit.ready()
      await until(() => asked === 2, 'the second round')
      return xwms.log.filter(({ level }) => level === 'error').map(({ message }) => message)
    }
    const [away, broken] = await Promise.all([
      told(new StorageUnavailableError('The connection was refused.')),
      told(new Error('The relation is missing.')),
    ])
    t.strictSame(away, ['The storage is unavailable.'])
    t.strictSame(broken, ['Logout tokens could not be read from the storage; trying again.'])
  },
)

t.test('closing waits for what is under way', async t => {
  const { url, tokens } = await receiver(t)
  const { xwms, signOut } = await signedInAt(t, url)
  await signOut()
  await xwms.kit.close()
  t.equal(tokens.length, 1)
})
