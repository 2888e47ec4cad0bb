import t from 'tap'
import { logged } from '../../../../../test/support/logged.ts'
import { newSecret } from '../../../src/lib/secret-format.ts'
import { revokeSecret } from '../../../src/manage/secrets.ts'
import { type Asked, installation, type Registered } from '../../installation.ts'
import { watched } from '../../watched-storage.ts'

const basic = (id: string, secret: string) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`

const ENDPOINTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '/oauth/token': { grant_type: 'client_credentials' },
  '/oauth/introspect': { token: 'x' },
  '/oauth/revoke': { token: 'x' },
  '/oauth/par': { response_type: 'code' },
  '/oauth/device_authorization': {},
}

/** An installation, and what its storage is asked. */
function scene() {
  let calls: string[] = []
  const xwms = installation({}, storage => {
    const watch = watched(storage)
    calls = watch.calls
    return watch.storage
  })
  /** Notes are written in the background: closing waits for them. */
  const logOf = async ({ client }: Registered) => {
    await xwms.kit.close()
    return await logged(xwms.storage, client)
  }
  return { xwms, calls, logOf }
}

t.test(
  'whose proof was refused at an OAuth endpoint is in the log of the client that was stated',
  async t => {
    const { xwms, logOf } = scene()
    const shop = await xwms.client()
    const { id } = shop.client
    const wrong = newSecret()
    const table: [presented: string, sent: (path: string) => Asked][] = [
      [
        'client_secret_basic',
        path => ({
          form: ENDPOINTS[path],
          headers: { authorization: basic(id, wrong), 'user-agent': 'curl/8.5' },
        }),
      ],
      ['client_secret_post', path => ({ form: { ...ENDPOINTS[path], client_id: id, client_secret: wrong } })],
    ]
    for (const [presented, sent] of table) {
      for (const path of Object.keys(ENDPOINTS)) {
        const { status, body } = await xwms.ask('POST', path, sent(path))
        t.match([status, JSON.parse(body)], [401, { error: 'invalid_client' }], `${presented} ${path}`)
      }
    }
    const log = await logOf(shop)
    t.strictSame(
      new Set(log.map(({ route, facts }) => `${route} ${JSON.stringify(facts)}`)),
      new Set(
        table.flatMap(([presented]) =>
          Object.keys(ENDPOINTS).map(path => `POST ${path} {"presented":"${presented}"}`),
        ),
      ),
    )
    t.match(
      log,
      Array(10).fill({ clientId: id, status: 401, ip: '203.0.113.10', refusedBy: 'invalid_client' }),
    )
    t.match(log.find(({ userAgent }) => userAgent !== undefined)?.userAgent, 'curl/8.5')
    t.notOk(JSON.stringify(log).includes(wrong))
  },
)

t.test('a secret that was revoked is told, and a client of somebody else hears nothing of it', async t => {
  const { xwms, logOf } = scene()
  const [shop, other] = [await xwms.client(), await xwms.client()]
  await revokeSecret(xwms.environment, { clientId: shop.client.id, secretId: shop.secret.id })
  const form = { grant_type: 'client_credentials', client_id: shop.client.id, client_secret: shop.value }
  t.match(await xwms.ask('POST', '/oauth/token', { form }), { status: 401 })
  t.match(await logOf(shop), [{ route: 'POST /oauth/token', refusedBy: 'invalid_client' }])
  t.strictSame(await logged(xwms.storage, other.client), [])
})

t.test('assertions and clients that prove nothing are told of, a missing client is not', async t => {
  const { xwms, logOf } = scene()
  const shop = await xwms.client()
  const { id: client_id } = shop.client
  const claims = Buffer.from(JSON.stringify({ iss: client_id, sub: client_id })).toString('base64url')
  const assertion = {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: `${Buffer.from('{"alg":"ES256"}').toString('base64url')}.${claims}.AAAA`,
  }
  const forms: Readonly<Record<string, string>>[] = [
    { client_id },
    { client_id, ...assertion },
    {},
    { client_id: 'ü' },
  ]
  for (const form of forms)
    t.match(await xwms.ask('POST', '/oauth/token', { form: { grant_type: 'client_credentials', ...form } }), {
      status: 401,
    })
  const log = await logOf(shop)
  t.strictSame(log.map(({ facts }) => facts?.presented).sort(), ['assertion', 'connection'])
})

t.test(
  'the answer, and what the storage is asked before it, tell nobody whether there is such a client',
  async t => {
    const { xwms, calls } = scene()
    const shop = await xwms.client()
    const attempt = async (id: string) => {
      calls.length = 0
      const headers = { authorization: basic(id, newSecret()), 'x-request-id': 'request-1' }
      const answer = await xwms.ask('POST', '/oauth/token', {
        form: { grant_type: 'client_credentials' },
        headers,
      })
      return { ...answer, asked: [...calls] }
    }
    await attempt('cl_first')
    const known = await attempt(shop.client.id)
    t.strictSame(await attempt('cl_nobody'), known)
    t.ok(known.asked.includes('clients.facts'))
    t.notOk(known.asked.includes('clients.workspaces'), 'whose client it was is found out later')
    await xwms.kit.close()
  },
)

t.test('a flood is noted in part', async t => {
  const { xwms, logOf } = scene()
  const shop = await xwms.client()
  for (let guess = 0; guess < 30; guess++) {
    const form = { grant_type: 'client_credentials', client_id: shop.client.id, client_secret: newSecret() }
    await xwms.ask('POST', '/oauth/token', { form })
  }
  const told = (await logOf(shop)).filter(({ refusedBy }) => refusedBy === 'invalid_client')
  t.equal(told.length, 10)
})
