import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import t from 'tap'
import { XwmsApiError, XwmsClient, XwmsConnectionError, XwmsError } from '../src/index.ts'
import { farSide, json, raw, SECRET, success } from './far-side.ts'

t.test('a refusal carries everything that XWMS said', async t => {
  const side = await farSide(t)
  side.answer = json(
    422,
    {
      status: 'error',
      message: 'Check the address.',
      error: {
        code: 'validation_failed',
        request_id: 'request-1',
        fields: { 'address.country': 'is not a country', odd: 7 },
      },
    },
    { 'retry-after': '30' },
  )
  const problem = await failure(side.client.listAddresses('1'))
  t.type(problem, XwmsApiError)
  t.type(problem, XwmsError)
  t.match(problem, {
    name: 'XwmsApiError',
    status: 422,
    code: 'validation_failed',
    message: 'Check the address.',
    requestId: 'request-1',
    retryAfterSeconds: 30,
  })
  t.strictSame((problem as XwmsApiError).fields, { 'address.country': 'is not a country' })
})

t.test('an error that says little still is one', async t => {
  const side = await farSide(t)
  side.answer = json(404, { status: 'error', message: 'Not here.' }, { 'x-request-id': 'request-2' })
  t.match(await failure(side.client.projects()), {
    status: 404,
    code: 'unknown_error',
    message: 'Not here.',
    requestId: 'request-2',
    fields: undefined,
    retryAfterSeconds: undefined,
  })

  side.answer = json(200, { status: 'error', message: 'Not really.', error: { code: 'odd' } })
  t.match(await failure(side.client.projects()), { status: 200, code: 'odd' }, 'whatever the status says')
})

t.test('Retry-After is read as seconds and as a date', async t => {
  const side = await farSide(t)
  const refused = { status: 'error', message: 'Slower.', error: { code: 'rate_limited' } }
  for (const [value, least, most] of [
    ['0', 0, 0],
    ['120', 120, 120],
    [new Date(Date.now() + 60_000).toUTCString(), 55, 60],
    [new Date(Date.now() - 60_000).toUTCString(), 0, 0],
  ] as const) {
    side.answer = json(429, refused, { 'retry-after': value })
    const { retryAfterSeconds = -1 } = (await failure(side.client.countries())) as XwmsApiError
    t.ok(retryAfterSeconds >= least && retryAfterSeconds <= most, `${value}: ${retryAfterSeconds}`)
  }
  side.answer = json(429, refused, { 'retry-after': 'soon' })
  t.equal(((await failure(side.client.countries())) as XwmsApiError).retryAfterSeconds, undefined)
})

t.test('what is no answer of XWMS is told apart, and its text is kept out of the message', async t => {
  const side = await farSide(t)
  const html = { 'content-type': 'text/html' }
  for (const [name, answer, status] of [
    ['a page of a proxy', raw(502, '<h1>Bad gateway</h1>', html), 502],
    ['a page with success', raw(200, '<h1>Welcome</h1>', html), 200],
    ['nothing', raw(200, ''), 200],
    ['half of JSON', raw(200, '{"status":"success","da'), 200],
    ['JSON without an envelope', json(200, { projects: [] }), 200],
    ['a list', json(200, [1]), 200],
    ['null', json(200, null), 200],
    ['an error without a message', json(500, { status: 'error' }), 500],
    ['success without data', json(200, { status: 'success' }), 200],
    ['data that is a list', success([]), 200],
    ['data without the promised member', success({}), 200],
    ['a member of another kind', success({ projects: { id: 1 } }), 200],
  ] as const) {
    side.answer = answer
    const problem = await failure(side.client.projects())
    t.type(problem, XwmsApiError, name)
    t.match(problem, { code: 'invalid_response', status }, name)
    t.notMatch((problem as Error).message, /<h1>/)
  }
})

t.test('nobody is signed in by an answer that names nobody', async t => {
  const side = await farSide(t)
  for (const data of [{}, { sub: null }, { sub: '' }, { sub: {} }, { user: { sub: '1' } }]) {
    side.answer = success(data)
    t.match(await failure(side.client.verifySignToken('token')), { code: 'invalid_response' })
  }
})

t.test('a redirect is not followed, so the secret goes to nobody else', async t => {
  const side = await farSide(t)
  const other = await farSide(t)
  for (const status of [301, 302, 307, 308]) {
    side.answer = raw(status, '', { location: `${other.url}api/global/countries` })
    t.match(await failure(side.client.countries()), { code: 'unexpected_redirect', status })
  }
  t.equal(other.arrived.length, 0)
})

t.test('a call that gets no answer in time is over', async t => {
  const side = await farSide(t, { timeoutSeconds: 0.1001 })
  side.answer = () => {}
  const silent = await failure(side.client.projects())
  t.type(silent, XwmsConnectionError)
  t.match(silent, {
    name: 'XwmsConnectionError',
    code: 'timeout',
    message: /global\/projects within 0\.1001 s/,
  })

  side.answer = response =>
    response.writeHead(200, { 'content-type': 'application/json' }).write('{"status":')
  t.match(await failure(side.client.projects()), { code: 'timeout' }, 'also when it stops in the middle')
})

t.test('a connection that fails is told with its cause, once, without a second try', async t => {
  const side = await farSide(t)
  side.answer = response => response.destroy()
  const problem = await failure(side.client.verifySignToken('token'))
  t.type(problem, XwmsConnectionError)
  t.match(problem, { code: 'network', cause: Error })
  t.equal(side.arrived.length, 1)

  side.answer = response => {
    response.writeHead(200, { 'content-length': '100' }).write('{"status":')
    setImmediate(() => response.destroy())
  }
  t.match(
    await failure(side.client.verifySignToken('token')),
    { code: 'network' },
    'also in the middle of an answer',
  )
  t.equal(side.arrived.length, 2)

  t.match(await failure(clientOf(await closedPort()).countries()), { code: 'network' })
})

t.test('the secret is in nothing that can be printed', async t => {
  const side = await farSide(t)
  const problems: unknown[] = []
  for (const answer of [raw(500, SECRET), json(400, { status: 'error', message: 'No.' }), raw(302, '')]) {
    side.answer = answer
    problems.push(await failure(side.client.countries()))
  }
  side.answer = response => response.destroy()
  problems.push(await failure(side.client.countries()))

  for (const thing of [side.client, ...problems]) {
    t.notMatch(inspect(thing, { depth: Infinity, showHidden: true, getters: true }), SECRET)
    t.notMatch(JSON.stringify(thing), SECRET)
    t.notMatch(String(thing), SECRET)
  }
  t.match(inspect(side.client), 'shop.example.com', 'what helps to find a mistake is')
})

function clientOf(port: number): XwmsClient {
  return new XwmsClient({
    baseUrl: `http://127.0.0.1:${port}/api/`,
    clientId: 'client-1',
    clientSecret: SECRET,
    domain: 'shop.example.com',
  })
}

/** A port that nobody listens on any more. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

async function failure(call: Promise<unknown>): Promise<unknown> {
  try {
    await call
  } catch (problem) {
    return problem
  }
  throw new Error('The call succeeded')
}
