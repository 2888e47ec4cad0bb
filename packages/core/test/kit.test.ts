import { Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { memory } from '@xwms/storage-memory'
import t from 'tap'
import { plain } from '../src/config/logger.ts'
import type { FailureFormat } from '../src/context/endpoint.ts'
import { ENDPOINTS } from '../src/endpoints.ts'
import { ConfigurationError, StorageUnavailableError } from '../src/errors.ts'
import { createKit } from '../src/kit.ts'
import type { ProtectOptions } from '../src/protect.ts'
import type { Storage } from '../src/storage/storage.ts'
import { type Installation, ISSUER, installation, NOW, PLAIN_PAGES } from './installation.ts'
import { metered } from './metered.ts'
import { authorizationRequest, proofKey } from './oauth/partner.ts'
import { watched } from './watched-storage.ts'

const ALL = { from: new Date(0), to: new Date('2100-01-01') }
const OUR_REQUEST_ID = /^[0-9a-f]{16}-[0-9a-z]+$/
const METADATA = '/.well-known/oauth-authorization-server'

/** The code that an answer gives, wherever its format has it. */
function codeIn(format: FailureFormat, body: string): unknown {
  const value = JSON.parse(body)
  return { envelope: value.error?.code, oauth: value.error, page: value.code, problem: value.code }[format]
}

t.test('no two endpoints share a method and a path', async t => {
  const names = ENDPOINTS.map(({ method, path }) => `${method} ${path}`)
  t.strictSame(names, [...new Set(names)])
  for (const { path } of ENDPOINTS) t.match(path, /^(?:\/:?[\w.-]+)+$/)
})

t.test('the endpoints of xwms-api.md are there, guarded and priced as it says', async t => {
  const table: [endpoint: string, purpose: string | undefined, price: string | undefined][] = [
    ['GET /api/info', undefined, undefined],
    ['GET /api/global/projects', undefined, undefined],
    ['POST /api/global/countries', 'api', 'countries'],
    ['POST /api/sign-token', 'login', 'sign-token'],
    ['POST /api/sign-token-verify', 'login', 'sign-token-verify'],
    ['POST /api/get/user/info', 'api', 'user-info'],
    ['POST /api/get/user/address', 'api', 'user-address'],
    ['POST /api/user/address', 'api', 'user-address'],
  ]
  const found = ENDPOINTS.filter(({ path }) => path.startsWith('/api/'))
  t.strictSame(
    found.map(({ method, path, guard }) => [`${method} ${path}`, guard?.purpose, guard?.price]).sort(),
    table.sort(),
  )
  for (const { failure } of found) t.equal(failure, 'envelope')
})

t.test(
  'a path is the kit’s when an endpoint is there, under the mount path, character by character',
  async t => {
    const table: [
      options: { issuer?: string; mountPath?: string },
      host: string,
      path: string,
      found: string | undefined,
    ][] = [
      // At the root.
      [{ issuer: 'https://example.com' }, '', '/api/info', '/api/info'],
      [{ issuer: 'https://example.com' }, '', '/', undefined],
      [{ issuer: 'https://example.com' }, '', '', undefined],
      [{ issuer: 'https://example.com' }, '', '/api', undefined],
      [{ issuer: 'https://example.com' }, '', '/api/info/', undefined],
      [{ issuer: 'https://example.com' }, '', '/api/info?a=b', undefined],
      [{ issuer: 'https://example.com' }, '', '/API/info', undefined],
      [{ issuer: 'https://example.com' }, '', '//api/info', undefined],
      [{ issuer: 'https://example.com' }, '', '/api//info', undefined],
      [{ issuer: 'https://example.com' }, '', '/api/./info', undefined],
      [{ issuer: 'https://example.com' }, '', '/x/../api/info', undefined],
      [{ issuer: 'https://example.com' }, '', '/api%2Finfo', undefined],
      [{ issuer: 'https://example.com' }, '', '/api/inf%6f', undefined],
      [{ issuer: 'https://example.com' }, '', 'api/info', undefined],
      [{ issuer: 'https://example.com' }, '', '/__proto__', undefined],
      [{ issuer: 'https://example.com' }, '', 'http://example.com/api/info', undefined],
      // Under the issuer's path.
      [{ issuer: 'https://example.com/auth' }, '', '/auth/api/info', '/api/info'],
      [{ issuer: 'https://example.com/auth' }, '', '/api/info', undefined],
      [{ issuer: 'https://example.com/auth' }, '', '/auth', undefined],
      [{ issuer: 'https://example.com/auth' }, '', '/authapi/info', undefined],
      [{ issuer: 'https://example.com/auth' }, '', '/author/api/info', undefined],
      [{ issuer: 'https://example.com/auth' }, '', '/auth/auth/api/info', undefined],
      [{ issuer: 'https://example.com/auth' }, '', '/Auth/api/info', undefined],
      [{ issuer: 'https://example.com/a/b' }, '', '/a/b/api/info', '/api/info'],
      [{ issuer: 'https://example.com/a/b' }, '', '/a/api/info', undefined],
      // What the configuration says goes before what the framework says.
      [{ issuer: 'https://example.com' }, '/auth', '/api/info', '/api/info'],
      [{ issuer: 'https://example.com' }, '/auth', '/auth/api/info', undefined],
      [{ issuer: 'https://example.com/auth', mountPath: '' }, '', '/api/info', '/api/info'],
      [{ issuer: 'https://example.com/auth', mountPath: '' }, '', '/auth/api/info', undefined],
      [{ issuer: 'https://example.com/auth', mountPath: '/inner' }, '', '/inner/api/info', '/api/info'],
      // Without an issuer, where the framework mounted it.
      [{}, '', '/api/info', '/api/info'],
      [{}, '/auth', '/auth/api/info', '/api/info'],
      [{}, '/auth', '/api/info', undefined],
    ]
    for (const [options, host, path, found] of table) {
      const { kit } = installation({ issuer: undefined, ...options })
      t.equal(kit.match(path, host)?.path, found, `${JSON.stringify(options)} ${host} ${path}`)
    }
  },
)

t.test('RFC 8414 metadata is also where its well-known part comes before the issuer’s path', async t => {
  const table: [options: { issuer?: string; mountPath?: string }, path: string, found: boolean][] = [
    [{ issuer: 'https://example.com/auth' }, `${METADATA}/auth`, true],
    [{ issuer: 'https://example.com/auth' }, `/auth${METADATA}`, true],
    [{ issuer: 'https://example.com/auth' }, METADATA, false],
    [{ issuer: 'https://example.com/auth' }, `${METADATA}/other`, false],
    [{ issuer: 'https://example.com/auth' }, `${METADATA}/auth/`, false],
    [{ issuer: 'https://example.com/a/b' }, `${METADATA}/a/b`, true],
    [{ issuer: 'https://example.com' }, METADATA, true],
    [{ issuer: 'https://example.com' }, `${METADATA}/`, false],
    // Of the issuer's path, whatever a proxy makes of the mount path.
    [{ issuer: 'https://example.com/auth', mountPath: '' }, `${METADATA}/auth`, true],
    [{ issuer: 'https://example.com/auth', mountPath: '/inner' }, `${METADATA}/auth`, true],
    [{ issuer: 'https://example.com/auth', mountPath: '/inner' }, `${METADATA}/inner`, false],
  ]
  for (const [options, path, found] of table) {
    const { kit } = installation(options)
    const match = kit.match(path, '')
    t.equal(match?.path, found ? METADATA : undefined, `${JSON.stringify(options)} ${path}`)
  }
  const { ask } = installation({ issuer: 'https://example.com/auth' })
  const { status, body } = await ask('GET', `${METADATA}/auth`)
  t.equal(status, 200)
  t.equal(JSON.parse(body).issuer, 'https://example.com/auth')
})

t.test('a path with parameters is found by what stands in their places', async t => {
  const { kit } = installation({ issuer: 'https://example.com/auth' })
  const found = kit.match('/auth/manage/v1/workspaces/ws_1/plan', '')
  t.match(found, { path: '/manage/v1/workspaces/ws_1/plan', mountPath: '/auth' })
  t.strictSame(found?.parameters, { workspace_id: 'ws_1' })
  t.strictSame([...(found?.endpoints.keys() ?? [])], ['GET'])
})

t.test(
  'what is below the management API and is not there is a problem, and no matter of the host',
  async t => {
    const { kit, ask } = installation()
    const there = '/manage/v1/workspaces/ws_1/plan'
    for (const path of [
      '/manage/v1',
      '/manage/v1/',
      '/manage/v1/nothing',
      '/manage/v1/workspaces/ws_1',
      '/manage/v1/workspaces//plan',
      '/manage/v1/workspaces/ws%5F1/plan',
      '/manage/v1/workspaces/%00/plan',
      `/manage/v1/workspaces/${'w'.repeat(201)}/plan`,
      `${there}/`,
      `/manage/v1//${there}`,
    ]) {
      for (const method of ['GET', 'POST', 'OPTIONS', 'TRACE']) {
        const { status, headers, body } = await ask(method, path)
        t.equal(status, 404, `${method} ${path}`)
        t.equal(headers['content-type'], 'application/problem+json')
        t.match(JSON.parse(body), { code: 'not_found', request_id: headers['x-request-id'] })
      }
    }
    for (const path of ['/manage', '/manage/v11', '/manage/v2/workspaces', `/x${there}`, there.toUpperCase()])
      t.equal(kit.match(path, ''), undefined, path)
  },
)

t.test(
  'a method that a path does not have is a 405 that names those it has, in the format of the path',
  async t => {
    const { ask } = installation()
    const table: [method: string, path: string, allow: string, format: FailureFormat, code: string][] = [
      ['POST', '/api/info', 'GET, HEAD', 'envelope', 'method_not_allowed'],
      ['GET', '/api/sign-token', 'POST', 'envelope', 'method_not_allowed'],
      ['HEAD', '/api/sign-token', 'POST', 'envelope', 'method_not_allowed'],
      ['DELETE', '/oauth/token', 'POST', 'oauth', 'invalid_request'],
      ['PUT', '/oauth/userinfo', 'GET, POST, HEAD', 'oauth', 'invalid_request'],
      ['POST', '/manage/v1/workspaces/ws_1/plan', 'GET, HEAD', 'problem', 'method_not_allowed'],
      ['OPTIONS', '/sign-in', 'GET, POST, HEAD', 'page', 'method_not_allowed'],
      ['get', '/api/info', 'GET, HEAD', 'envelope', 'method_not_allowed'],
      ['toString', '/api/info', 'GET, HEAD', 'envelope', 'method_not_allowed'],
    ]
    for (const [method, path, allow, format, code] of table) {
      const { status, headers, body } = await ask(method, path)
      t.equal(status, 405, `${method} ${path}`)
      t.equal(headers.allow, allow, `${method} ${path}`)
      t.equal(codeIn(format, body), code, `${method} ${path}`)
    }
  },
)

t.test('HEAD is answered as GET is', async t => {
  const { ask } = installation()
  for (const path of ['/api/info', '/.well-known/openid-configuration', '/error']) {
    const get = await ask('GET', path, { headers: { 'x-request-id': 'request-1' } })
    const head = await ask('HEAD', path, { headers: { 'x-request-id': 'request-1' } })
    t.equal(head.status, get.status)
    t.strictSame(Object.keys(head.headers), Object.keys(get.headers))
  }
})

t.test('the caller’s request id stands in the answer, and in its error', async t => {
  const { ask } = installation()
  const headers = { 'x-request-id': 'my-request-1' }
  for (const [method, path] of [
    ['GET', '/api/info'],
    ['POST', '/api/sign-token'],
    ['DELETE', '/api/info'],
    ['POST', '/oauth/token'],
    ['GET', '/sign-in'],
  ] as const) {
    const response = await ask(method, path, { headers })
    t.equal(response.headers['x-request-id'], 'my-request-1', path)
    if (path.startsWith('/api/') && response.status >= 400)
      t.equal(JSON.parse(response.body).error.request_id, 'my-request-1', path)
  }
})

t.test('a request id that is missing or malformed is made, the same in header and error', async t => {
  const { ask } = installation()
  for (const id of [undefined, 'short', 'a b c d e f g h', 'x\r\nset-cookie: a=b']) {
    const { headers, body } = await ask('POST', '/api/sign-token', { headers: { 'x-request-id': id } })
    t.match(headers['x-request-id'], OUR_REQUEST_ID)
    t.equal(JSON.parse(body).error.request_id, headers['x-request-id'])
  }
})

/** An installation whose storage fails where the test says so. */
function broken(name: string, error: unknown): Installation {
  return installation({}, real => {
    const { storage, replace } = watched(real)
    replace(name, async () => {
      throw error
    })
    return storage
  })
}

t.test('whatever goes wrong inside is a 500 that leaks nothing, logged under its request id', async t => {
  const error = new Error('relation "clients" does not exist at 10.0.0.7')
  const xwms = broken('clients.find', error)
  const page = await xwms.ask('GET', '/oauth/authorize', { query: { client_id: 'x' } })
  const oauth = await xwms.ask('POST', '/oauth/token', { form: { client_id: 'x' } })
  const api = await broken('clients.facts', error).ask('POST', '/api/sign-token', {
    headers: { 'x-client-id': 'a', 'x-client-secret': 'b', 'x-client-domain': 'c' },
  })
  t.equal(JSON.parse(page.body).code, 'server_error')
  t.equal(JSON.parse(oauth.body).error, 'server_error')
  t.equal(JSON.parse(api.body).error.code, 'server_error')
  for (const response of [page, oauth, api]) {
    t.equal(response.status, 500)
    t.notMatch(JSON.stringify(response), '10.0.0.7')
    t.match(response.headers['x-request-id'], OUR_REQUEST_ID)
  }
  t.match(
    xwms.log.filter(({ level }) => level === 'error'),
    [page, oauth].map(({ headers }) => ({ fields: plain({ error, requestId: headers['x-request-id'] }) })),
  )
})

t.test('a storage that is away is a 503', async t => {
  const error = new StorageUnavailableError('PostgreSQL cannot be reached at 10.0.0.7.')
  const xwms = broken('clients.find', error)
  const page = await xwms.ask('GET', '/oauth/authorize', { query: { client_id: 'x' } })
  const oauth = await xwms.ask('POST', '/oauth/token', { form: { client_id: 'x' } })
  const api = await broken('clients.facts', error).ask('POST', '/api/sign-token', {
    headers: { 'x-client-id': 'a', 'x-client-secret': 'b', 'x-client-domain': 'c' },
  })
  t.equal(JSON.parse(page.body).code, 'storage_unavailable')
  t.equal(JSON.parse(oauth.body).error, 'temporarily_unavailable')
  t.equal(JSON.parse(api.body).error.code, 'storage_unavailable')
  for (const response of [page, oauth, api]) {
    t.equal(response.status, 503)
    t.equal(response.headers['retry-after'], '5')
    t.notMatch(JSON.stringify(response), '10.0.0.7')
  }
})

t.test('the first request waits for the storage; one that is late does not stay so', async t => {
  let ready = 0
  const away = new StorageUnavailableError('Run xwms migrate.')
  const xwms = installation({}, real => {
    const { storage, replace } = watched(real)
    replace('ready', async method => {
      ready++
      if (ready === 1) throw away
      return method()
    })
    return storage
  })
  const [first, meanwhile] = await Promise.all([xwms.ask('GET', '/api/info'), xwms.ask('GET', '/api/info')])
  t.strictSame([first.status, meanwhile.status, ready], [503, 503, 1])
  t.equal((await xwms.ask('GET', '/api/info')).status, 200)
  t.equal((await xwms.ask('GET', '/api/info')).status, 200)
  t.equal(ready, 2, 'and it is asked no more once it was ready')
})

t.test(
  'of an outage the operator is told once, and of its end once; the request ids are at debug level',
  async t => {
    const { storage, replace, restore } = watched(memory())
    const { kit, log, ask } = installation({}, () => storage)
    const lines = (level: string) => log.filter(line => line.level === level)
    const guard = kit.protect()
    const come = (id: string) => {
      const headers = {
        'x-client-id': 'c',
        'x-client-secret': 's'.repeat(40),
        'x-client-domain': 'd.example.com',
        'x-request-id': id,
      }
      return guard({
        headers,
        ip: () => '203.0.113.10',
        secure: () => true,
        hasLeft: () => false,
        route: 'GET /orders',
      })
    }
    log.length = 0
    const away = () => Promise.reject(new StorageUnavailableError('No PostgreSQL answers.'))
    const methods = ['clients.find', 'clients.facts', 'usage.append', 'usage.totals', 'requestLog.append']

    replace('ready', away)
    for (let request = 0; request < 3; request++) t.equal((await ask('GET', '/api/info')).status, 503)
    t.equal(lines('error').length, 1, 'before the first start')
    restore('ready')
    await kit.ready()
    t.match(lines('warn'), [{ message: 'The storage is back.' }])
    t.equal(lines('debug').filter(({ fields }) => 'requestId' in fields).length, 2)

    for (const outage of [2, 3]) {
      for (const method of methods) replace(method, away)
      for (let request = 0; request < 20; request++) {
        const verdict = await come(`guarded-${outage}-${request}`)
        t.notOk(verdict.admitted)
        await ask('GET', '/oauth/authorize', { query: { client_id: 'x' } })
      }
      t.equal(lines('error').length, outage, 'a line for each outage')
      t.ok(lines('debug').some(({ fields }) => fields.requestId === `guarded-${outage}-19`))
      for (const method of methods) restore(method)
      while (lines('warn').length < outage) await setTimeout(10)
    }
    await kit.close()
    t.strictSame(
      log.filter(({ level }) => level === 'warn' || level === 'error').map(({ message }) => message),
      ['The storage is unavailable.', 'The storage is back.', 'The storage is unavailable.'].concat([
        'The storage is back.',
        'The storage is unavailable.',
        'The storage is back.',
      ]),
    )
  },
)

t.test('the blocks are read once the storage is ready, not before there may be tables', async t => {
  const { storage, calls, replace } = watched(memory())
  const listeners: ((change: object) => void)[] = []
  replace('changes.subscribe', (real, listener) => {
    listeners.push(listener as (change: object) => void)
    return real(listener)
  })
  // As PostgreSQL does, whose notices are heard before the tables are made.
  replace('ready', async () => {
    for (const listener of listeners) listener({ kind: 'everything' })
    await setTimeout(1)
    calls.push('tables')
  })
  const { kit } = installation({}, () => storage)
  await kit.ready()
  t.strictSame(
    calls.filter(call => call === 'tables' || call === 'blocks.active'),
    ['tables', 'blocks.active'],
  )
  await kit.close()
})

t.test('a question that fails alone is told with its end, and refuses nobody else', async t => {
  const { storage, replace } = watched(memory())
  const { kit, log, ask } = installation({}, () => storage)
  await kit.ready()
  log.length = 0
  replace('clients.find', () => Promise.reject(new StorageUnavailableError('It took too long.')))
  const lines = () => log.filter(({ level }) => level !== 'debug').map(({ message }) => message)
  for (let times = 1; times <= 2; times++) {
    t.equal((await ask('GET', '/oauth/authorize', { query: { client_id: 'x' } })).status, 503)
    const guard = kit.protect()
    const verdict = await guard({
      headers: {},
      ip: () => '::1',
      secure: () => true,
      hasLeft: () => false,
      route: 'GET /orders',
    })
    t.equal(!verdict.admitted && verdict.response.status, 401)
    while (lines().length < 2 * times) await setTimeout(5)
  }
  t.strictSame(lines(), Array(2).fill(['The storage is unavailable.', 'The storage is back.']).flat())
  await kit.close()
})

t.test('ready says what is wrong', async t => {
  const away = new StorageUnavailableError('Run xwms migrate.')
  await t.rejects(broken('ready', away).kit.ready(), away)
  await installation().kit.ready()
})

t.test('ready says which workspace or client that an option names is not there', async t => {
  const lost = installation({
    oauth: {
      registration: { workspaceId: 'ws_lost', initialAccessTokens: ['t'.repeat(32)] },
      clientIdMetadataDocuments: { workspaceId: 'ws_gone' },
      resources: { 'https://api.example.com': { name: 'API', clientId: 'cl_lost' } },
    },
  })
  await t.rejects(
    lost.kit.ready(),
    new ConfigurationError([
      'oauth.registration.workspaceId: there is no workspace ws_lost; create it, or correct the id',
      'oauth.clientIdMetadataDocuments.workspaceId: there is no workspace ws_gone; create it, or correct the id',
      'oauth.resources.https://api.example.com.clientId: there is no client cl_lost; create it, or correct the id',
    ]),
  )
  t.equal((await lost.ask('GET', '/api/info')).status, 200, 'what does not need them goes on')

  const { storage, client } = installation()
  const { client: server } = await client()
  const found = installation(
    {
      oauth: {
        clientIdMetadataDocuments: { workspaceId: server.workspaceId },
        resources: { 'https://api.example.com': { name: 'API', clientId: server.id } },
      },
    },
    () => storage,
  )
  await found.kit.ready()
})

t.test('nothing of a body is read before its sender is known', async t => {
  const xwms = installation()
  let taken = 0
  async function* stream() {
    taken++
    yield Buffer.from('{}')
  }
  const body = { state: 'unread' as const, stream: Readable.from(stream()) }
  const refused = await xwms.ask('POST', '/api/global/countries', {
    headers: { 'content-type': 'application/json', 'content-length': '2' },
    body,
  })
  t.equal(refused.status, 401)
  t.equal(taken, 0)
})

t.test('a guarded endpoint is metered once, with its price, whatever came of it', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const good = await xwms.ask('POST', '/api/global/countries', { headers: shop.headers, json: {} })
  t.equal(good.status, 200)
  const bad = await xwms.ask('POST', '/api/get/user/info', { headers: shop.headers, json: { sub: 'nobody' } })
  t.equal(bad.status, 422)
  const large = await xwms.ask('POST', '/api/get/user/info', {
    headers: { ...shop.headers, 'content-type': 'application/json', 'content-length': '99999999' },
    body: { state: 'unread', stream: Readable.from([]) },
  })
  t.equal(large.status, 413)
  await xwms.ask('GET', '/api/info')
  const events = await xwms.storage.usage.events(ALL, 10)
  t.strictSame(events.map(({ route, status, priceNanoEuro }) => [route, status, priceNanoEuro]).sort(), [
    ['POST /api/get/user/info', 413, 10_000],
    ['POST /api/get/user/info', 422, 10_000],
    ['POST /api/global/countries', 200, 10_000],
  ])
})

t.test('an answer whose usage could not be recorded is withheld', async t => {
  let failing = false
  const xwms = installation({}, real => {
    const { storage, replace } = watched(real)
    replace('usage.append', async (method, events) => {
      if (failing) throw new Error('The disk is full.')
      return method(events)
    })
    return storage
  })
  const shop = await xwms.client()
  failing = true
  const { status, body } = await xwms.ask('POST', '/api/global/countries', {
    headers: shop.headers,
    json: {},
  })
  t.equal(status, 503)
  t.equal(JSON.parse(body).error.code, 'storage_unavailable')
  t.notMatch(body, 'Netherlands')
})

t.test('protect refuses a price, a scope or an option that nobody configured, when it is called', async t => {
  const { kit } = installation()
  const table: [options: object, problems: string[]][] = [
    [{ price: 'gold' }, ['protect.price: there is no price named gold; add it to the option prices']],
    [{ scope: 'orders' }, ['protect.scope: there is no scope named orders; add it to the option scopes']],
    [{ price: 'toString' }, ['protect.price: there is no price named toString; add it to the option prices']],
    [
      { scope: 'x', price: 'y', scopes: ['orders:read'] },
      [
        'protect.scopes: is not an option; remove it or correct its name',
        'protect.price: there is no price named y; add it to the option prices',
        'protect.scope: there is no scope named x; add it to the option scopes',
      ],
    ],
  ]
  for (const [options, problems] of table) {
    try {
      kit.protect(options as ProtectOptions)
      t.fail(JSON.stringify(options))
    } catch (error) {
      t.ok(error instanceof ConfigurationError)
      t.strictSame((error as ConfigurationError).problems, problems)
    }
  }
  for (const options of [undefined, {}, { price: 'countries' }, { scope: 'orders:read' }])
    t.type(kit.protect(options), 'function')
})

t.test('protect guards a route of the host’s, with its scope and its price', async t => {
  const xwms = installation({ prices: { orders: 25 } })
  const shop = await xwms.client({ scopes: ['orders:read'] })
  const guard = xwms.kit.protect({ scope: 'orders:read', price: 'orders' })
  const request = {
    headers: shop.headers,
    ip: () => '203.0.113.10',
    secure: () => true,
    hasLeft: () => false,
    route: 'GET /orders',
  }
  const admitted = await guard(request)
  if (!admitted.admitted) throw new Error(admitted.response.body)
  await metered(admitted, 200)
  t.match(await xwms.storage.usage.events(ALL, 10), [{ route: 'GET /orders', priceNanoEuro: 25, at: NOW }])

  const refused = await xwms.kit.protect({ scope: 'orders:write' })(request)
  t.match(refused, { admitted: false, response: { status: 403 } })
  const unpriced = await xwms.kit.protect()(request)
  if (unpriced.admitted) await metered(unpriced, 200)
  t.match(
    (await xwms.storage.usage.events(ALL, 10)).map(({ priceNanoEuro }) => priceNanoEuro).sort(),
    [10_000, 25],
    'the default price is that of any other paid request',
  )
})

t.test('a guard never throws: what goes wrong while it checks is a refusal with a request id', async t => {
  const table: [name: string, error: unknown, status: number, code: string][] = [
    ['clients.facts', new Error('hunter2'), 500, 'server_error'],
    ['clients.facts', new StorageUnavailableError('hunter2'), 503, 'storage_unavailable'],
    ['ready', new StorageUnavailableError('hunter2'), 503, 'storage_unavailable'],
  ]
  for (const [name, error, status, code] of table) {
    const guard = broken(name, error).kit.protect()
    const outcome = await guard({
      headers: {
        'x-client-id': 'a',
        'x-client-secret': 'b',
        'x-client-domain': 'c',
        'x-request-id': 'request-1',
      },
      ip: () => '',
      secure: () => true,
      hasLeft: () => false,
      route: 'GET /orders',
    })
    if (outcome.admitted) throw new Error('Somebody was admitted.')
    t.equal(outcome.requestId, 'request-1')
    t.equal(outcome.response.status, status)
    t.match(JSON.parse(outcome.response.body).error, { code, request_id: 'request-1' })
    t.notMatch(outcome.response.body, 'hunter2')
  }
})

t.test('failure is the answer for a request of the host’s that failed in the kit', async t => {
  const { kit } = installation()
  const { status, headers, body } = kit.failure(new StorageUnavailableError('hunter2'), 'request-1')
  t.equal(status, 503)
  t.equal(headers['x-request-id'], 'request-1')
  t.match(JSON.parse(body), {
    status: 'error',
    error: { code: 'storage_unavailable', request_id: 'request-1' },
  })
  t.notMatch(body, 'hunter2')
})

t.test('without an issuer nobody but this machine is served', async t => {
  const { ask } = installation({ issuer: undefined })
  t.equal((await ask('GET', '/api/info', { origin: 'http://localhost:3000' })).status, 200)
  for (const origin of [
    'https://example.com',
    'http://localhost.evil.example',
    'http://localhost@evil.example',
  ]) {
    const { status, body } = await ask('GET', '/api/info', { origin })
    t.equal(status, 421, origin)
    t.equal(JSON.parse(body).error.code, 'issuer_not_configured')
  }
})

t.test('what is good for development only says so at the start', async t => {
  const warnings = (xwms: Installation) =>
    xwms.log.filter(({ level }) => level === 'warn').map(({ message }) => message)
  const durable = (storage: Storage) => ({ ...storage, durable: true })
  t.match(warnings(installation({ issuer: undefined })), [/no issuer/, /in memory/])
  t.match(warnings(installation({ issuer: undefined }, durable)), [/no issuer/, /private keys as they are/])
  const keys = { encryptionSecrets: ['a secret that is long enough for it'] }
  t.strictSame(warnings(installation({ issuer: ISSUER, keys }, durable)), [])
})

t.test('close writes what is waiting and lets go of the storage, in this order', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const order: string[] = []
  const { storage, replace } = watched(xwms.storage)
  for (const name of ['usage.append', 'requestLog.append', 'close'])
    replace(name, (method, ...given) => {
      order.push(name)
      return method(...given)
    })
  const kit = createKit({ issuer: ISSUER, storage, pages: PLAIN_PAGES, logger: xwms.kit.config.logger })
  const request = {
    headers: shop.headers,
    ip: () => '',
    secure: () => false,
    hasLeft: () => false,
    route: 'GET /orders',
  }
  t.match(await kit.protect()(request), { admitted: false })
  const admitted = await kit.protect()({ ...request, secure: () => true })
  if (!admitted.admitted) throw new Error(admitted.response.body)
  const recorded = metered(admitted, 200)
  await kit.close()
  t.strictSame(order, ['usage.append', 'requestLog.append', 'close'])
  await recorded
})

t.test(
  'the storage is maintained from the start to the end, a run under way before the storage is let go of',
  async t => {
    const { storage, calls, replace } = watched(memory())
    const order: string[] = []
    replace('maintenance.run', async (_run, _now, retention, signal) => {
      t.strictSame(retention, { eventDays: 400, requestLogDays: 30, auditDays: 7 })
      await new Promise(resolve => (signal as AbortSignal).addEventListener('abort', resolve))
      order.push('maintained')
    })
    replace('close', async () => void order.push('closed'))
    const kit = createKit({ storage, pages: PLAIN_PAGES, issuer: ISSUER, retention: { auditDays: 7 } })
    t.notOk(calls.includes('maintenance.run'))
    await kit.ready()
    t.ok(calls.includes('maintenance.run'))
    await kit.close()
    t.strictSame(order, ['maintained', 'closed'])
  },
)

t.test('the configuration is there to be read, and no more', async t => {
  const { kit } = installation()
  t.equal(kit.config.issuer, ISSUER)
  t.throws(() => Object.assign(kit.config, { issuer: 'https://evil.example' }), TypeError)
})

t.test('createKit names every problem of its options', async t => {
  const options = { storage: memory(), pages: PLAIN_PAGES, issuer: 'x', bodyLimitBytes: 0 }
  t.throws(() => createKit(options), { message: /issuer: .*\n.*bodyLimitBytes: / })
})

t.test('a host that has its own users brings them, and the storage’s are not asked', async t => {
  const xwms = installation()
  const ada = await xwms.user({ sub: '5', email: 'host@example.com' })
  const asked: string[] = []
  const own = installation({
    accounts: {
      async find(sub) {
        asked.push(`find ${sub}`)
        return sub === '5' ? ada : undefined
      },
      async signIn(login, password) {
        asked.push(`signIn ${login} ${password}`)
        return login === 'ada the first' ? ada : undefined
      },
    },
  })
  const shop = await own.client()
  const browser = own.browser()
  const signIn = await browser.get(authorizationRequest(shop.client.id, proofKey().challenge))
  const consent = await browser.signIn(signIn, { ...ada, email: 'ada the first' }, 'p w')
  t.match(consent.view, { page: 'consent', user: { name: 'Ada Lovelace' } })
  t.equal(asked[0], 'signIn ada the first p w', 'what was typed arrives unchanged')
  t.ok(asked.includes('find 5'))
  t.ok((await browser.decide(consent, 'allow')).url.searchParams.has('code'))
})
