import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { updateClient } from '../../../src/manage/clients.ts'
import { METADATA, REDIRECT_URI, REGISTER, registrar } from './registrar.ts'

const JWKS = {
  keys: [generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })],
}

t.test('a client reads what is registered of it, without its secret', async t => {
  const { register, configure } = await registrar()
  const { json: registered } = await register()
  const { status, headers, json } = await configure('GET', registered)
  t.equal(status, 200)
  t.match(headers, { 'cache-control': 'no-store', pragma: 'no-cache' })
  const { client_secret: _, client_secret_expires_at: __, ...rest } = registered
  t.strictSame(json, rest)
})

t.test('an unknown client, a wrong token and none get the same refusal', async t => {
  const { ask, register, client } = await registrar({}, { protection: false })
  const { json: one } = await register()
  const { json: other } = await register()
  const { client: managed } = await client()
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
  for (const method of ['GET', 'PUT', 'DELETE']) {
    const attempts = await Promise.all([
      ask(method, REGISTER, { query: { client_id: one.client_id }, headers: bearer('wrong') }),
      ask(method, REGISTER, {
        query: { client_id: one.client_id },
        headers: bearer(other.registration_access_token),
      }),
      ask(method, REGISTER, {
        query: { client_id: 'cl_unknown' },
        headers: bearer(one.registration_access_token),
      }),
      ask(method, REGISTER, { query: { client_id: '\0' }, headers: bearer(one.registration_access_token) }),
      ask(method, REGISTER, { headers: bearer(one.registration_access_token) }),
      ask(method, REGISTER, { query: { client_id: managed.id }, headers: bearer('wrong') }),
    ])
    for (const { status, headers, body } of attempts) {
      t.equal(status, 401, method)
      t.equal(headers['www-authenticate'], 'Bearer realm="XWMS", error="invalid_token"')
      t.equal(body, attempts[0]?.body)
    }
    const none = await ask(method, REGISTER, { query: { client_id: one.client_id } })
    t.equal(none.status, 401)
    t.equal(none.headers['www-authenticate'], 'Bearer realm="XWMS"')
  }
  t.equal((await ask('GET', REGISTER, { query: { client_id: one.client_id } })).status, 401)
})

t.test('an update replaces everything', async t => {
  const { register, configure, storage, pass, now } = await registrar()
  const { json: registered } = await register({
    ...METADATA,
    client_name: 'Shop',
    logo_uri: 'https://app.example.com/logo.svg',
    default_max_age: 60,
  })
  pass(10)
  const { status, json } = await configure('PUT', registered, {
    client_id: registered.client_id,
    client_secret: registered.client_secret,
    redirect_uris: ['https://app.example.com/new'],
    client_name: 'New shop',
    contacts: ['ann@example.com'],
  })
  t.equal(status, 200, JSON.stringify(json))
  t.match(json, {
    client_id: registered.client_id,
    client_id_issued_at: registered.client_id_issued_at,
    registration_access_token: registered.registration_access_token,
    registration_client_uri: registered.registration_client_uri,
    redirect_uris: ['https://app.example.com/new'],
    client_name: 'New shop',
    contacts: ['ann@example.com'],
  })
  for (const name of ['logo_uri', 'default_max_age', 'client_secret']) t.notOk(name in json, name)
  t.match(await storage.clients.find(registered.client_id), {
    name: 'New shop',
    logoUri: undefined,
    source: 'registration',
    updatedAt: now(),
  })
  t.strictSame((await configure('GET', registered)).json, json)
})

t.test('what was read can be sent back, but for what the server alone sets', async t => {
  const { register, configure, storage } = await registrar()
  const { json: registered } = await register()
  const before = await storage.clients.find(registered.client_id)
  const {
    registration_access_token,
    registration_client_uri,
    client_secret_expires_at,
    client_id_issued_at,
    ...metadata
  } = registered
  const own: Record<string, unknown> = {
    registration_access_token,
    registration_client_uri,
    client_secret_expires_at,
    client_id_issued_at,
  }
  const refusal = (members: string) => ({
    error: 'invalid_client_metadata',
    error_description: `Leave out what the server alone sets (RFC 7592 section 2.2): ${members}.`,
  })
  for (const [member, value] of Object.entries(own)) {
    for (const sent of [value, '', 'x', 7, [], false]) {
      const body = { ...metadata, client_name: 'New', [member]: sent }
      t.match(await configure('PUT', registered, body), { status: 400, json: refusal(member) })
    }
  }
  t.match(await configure('PUT', registered, registered), {
    status: 400,
    json: refusal(Object.keys(own).join(', ')),
  })
  t.strictSame(await storage.clients.find(registered.client_id), before)

  t.equal((await configure('PUT', registered, metadata)).status, 200)
  const empty = Object.fromEntries(Object.keys(own).map(member => [member, null]))
  t.equal((await configure('PUT', registered, { ...metadata, ...empty })).status, 200, 'null is nothing')
})

t.test('an update names its client, and changes no secret', async t => {
  const { register, configure } = await registrar()
  const { json: registered } = await register({ ...METADATA, client_name: 'Shop' })
  const { client_id, client_secret } = registered
  for (const body of [
    METADATA,
    { ...METADATA, client_id: 'cl_other' },
    { ...METADATA, client_id, client_secret: 'my own choice' },
    { ...METADATA, client_id, client_secret: `${client_secret}x` },
    { ...METADATA, client_id, client_secret: 7 },
    { ...METADATA, client_id, client_secret: [client_secret] },
    { ...METADATA, client_id, client_secret: { toString: null } },
    { ...METADATA, client_id, grant_types: ['implicit'] },
    { client_id },
  ]) {
    const { status, json } = await configure('PUT', registered, body)
    t.equal(status, 400, JSON.stringify(body))
    t.match(json.error, /^invalid_(client_metadata|redirect_uri)$/)
  }
  t.equal((await configure('GET', registered)).json.client_name, 'Shop')
})

t.test('an update takes nothing back of what an operator has changed meanwhile', async t => {
  let meanwhile: (() => Promise<unknown>) | undefined
  const { environment, register, configure, storage, workspaceId, now } = await registrar(
    {},
    {},
    storage => ({
      ...storage,
      clients: {
        ...storage.clients,
        async update(...given) {
          const happen = meanwhile
          meanwhile = undefined
          await happen?.()
          return storage.clients.update(...given)
        },
      },
    }),
  )
  const { json: registered } = await register({ ...METADATA, client_name: 'Shop' })
  const { client_id } = registered
  const operator = { ...environment, storage, now: now(), actor: 'cli' }
  const put = (client_name: string) => configure('PUT', registered, { ...METADATA, client_id, client_name })
  const rateLimit = { requests: 5, windowSeconds: 60 }

  meanwhile = () => updateClient(operator, client_id, { name: 'Of the operator', rateLimit })
  t.match(await put('Renamed'), { status: 200, json: { client_name: 'Renamed' } })
  t.match(await storage.clients.find(client_id), { name: 'Renamed', rateLimit, operatorRateLimit: rateLimit })
  const [last, before] = await storage.audit.list(workspaceId, 2)
  t.match(last, { actor: client_id, before: { name: 'Of the operator' }, after: { name: 'Renamed' } })
  t.match(before, { actor: 'cli', before: { name: 'Shop' }, after: { name: 'Of the operator' } })

  meanwhile = () => updateClient(operator, client_id, { enabled: false })
  t.match(await put('Renamed again'), { status: 403, json: { error: 'client_disabled' } })
  t.match(await storage.clients.find(client_id), { name: 'Renamed', enabled: false })

  await updateClient(operator, client_id, { enabled: true })
  meanwhile = () => configure('DELETE', registered)
  t.match(await put('Renamed again'), { status: 401, json: { error: 'invalid_token' } })
  t.equal(await storage.clients.find(client_id), undefined)
})

t.test('an update that others overtake each time is a conflict', async t => {
  const { register, configure, log } = await registrar({}, {}, storage => ({
    ...storage,
    clients: { ...storage.clients, update: async () => ({ outcome: 'outdated' }) },
  }))
  const { json: registered } = await register()
  const { client_id } = registered
  const { status, json } = await configure('PUT', registered, { ...METADATA, client_id })
  t.equal(status, 409)
  t.match(json, { error: 'changed_meanwhile', error_description: /See what it is now, and try again/ })
  t.strictSame(
    log.filter(({ level }) => level === 'error'),
    [],
  )
})

t.test('a client that turns to keys loses its secrets, and one that turns to secrets gets one', async t => {
  const { register, configure, storage, now } = await registrar()
  const { json: registered } = await register()
  const { client_id } = registered
  const keys = { ...METADATA, client_id, token_endpoint_auth_method: 'private_key_jwt', jwks: JWKS }
  const turned = await configure('PUT', registered, keys)
  t.equal(turned.status, 200, JSON.stringify(turned.json))
  t.notOk('client_secret' in turned.json)
  t.match(await storage.clients.secrets(client_id), [{ revokedAt: now() }])

  const back = await configure('PUT', registered, { ...METADATA, client_id })
  t.match(back.json, { client_secret: /^xwms_sk_/, client_secret_expires_at: 0 })
  t.not(back.json.client_secret, registered.client_secret)
  t.equal((await storage.clients.secrets(client_id)).filter(({ revokedAt }) => !revokedAt).length, 1)
})

t.test('a client that removes itself is gone, with its token', async t => {
  const { register, configure, storage, workspaceId } = await registrar()
  const { json: registered } = await register()
  const { status, json } = await configure('DELETE', registered)
  t.equal(status, 204)
  t.equal(json, undefined)
  t.equal(await storage.clients.find(registered.client_id), undefined)
  for (const method of ['GET', 'DELETE'] as const)
    t.equal((await configure(method, registered)).status, 401, method)
  t.equal(await storage.clients.count(workspaceId, 'registration'), 0)
  const [entry] = await storage.audit.list(workspaceId, 1)
  t.match(entry, { action: 'client.deleted', target: registered.client_id, after: undefined })
})

t.test('a disabled client manages nothing', async t => {
  const { environment, register, configure, storage } = await registrar()
  const { json: registered } = await register()
  await updateClient({ ...environment, storage }, registered.client_id, { enabled: false })
  for (const method of ['GET', 'DELETE'] as const)
    t.match(await configure(method, registered), { status: 403, json: { error: 'client_disabled' } })
})

t.test('an owner’s change leaves a registered client what it is', async t => {
  const { environment, register, configure, storage, now } = await registrar()
  const { json: registered } = await register()
  await updateClient({ ...environment, storage, now: now() }, registered.client_id, { name: 'Renamed' })
  const { status, json } = await configure('GET', registered)
  t.equal(status, 200)
  t.match(json, { client_name: 'Renamed', redirect_uris: [REDIRECT_URI] })
})
