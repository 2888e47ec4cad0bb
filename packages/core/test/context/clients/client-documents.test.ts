import type { IncomingMessage, ServerResponse } from 'node:http'
import { memory } from '@xwms/storage-memory'
import t from 'tap'
import { httpsServer } from '../../../../../test/support/https-server.ts'
import { createConfig } from '../../../src/config/config.ts'
import type { SelfMadeClientOptions } from '../../../src/config/options.ts'
import { createClientDocuments } from '../../../src/context/clients/client-documents.ts'
import { createOutbound } from '../../../src/context/outbound.ts'
import { HttpError } from '../../../src/errors.ts'
import { updateClient } from '../../../src/manage/clients.ts'
import { createWorkspace } from '../../../src/manage/workspaces.ts'
import { type LogLine, NOW, PLAIN_PAGES } from '../../installation.ts'
import { environment } from '../../manage/environment.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

let answer: Answer
let requests: string[] = []
const server = await httpsServer((request, response) => {
  requests.push(request.url ?? '')
  answer(request, response)
})
t.teardown(() => server.close())
const outbound = createOutbound({ allowPrivateAddresses: true, ca: server.ca, timeoutSeconds: 5 })
t.teardown(() => outbound.close())

const ADDRESS = `${server.url}/client.json`
const DOCUMENT = {
  client_id: ADDRESS,
  client_name: 'MCP Inspector',
  redirect_uris: ['http://localhost:6274/callback'],
  token_endpoint_auth_method: 'none',
}

const says =
  (document: unknown, headers: Record<string, string> = {}): Answer =>
  (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers })
    response.end(typeof document === 'string' ? document : JSON.stringify(document))
  }

t.beforeEach(() => {
  answer = says(DOCUMENT)
  requests = []
})

/** Documents over a storage, with a clock that only the test moves. `again` is another process. */
async function scene(over: Partial<SelfMadeClientOptions> = {}, storage = memory()) {
  let time = NOW.getTime()
  const log: LogLine[] = []
  const write = (level: LogLine['level']) => (fields: object, message: string) => {
    log.push({ level, fields: { ...fields }, message })
  }
  const { id: workspaceId } = await createWorkspace(
    { ...environment(), storage },
    { name: 'Newcomers', plan: 'enterprise', owner: '4711' },
  )
  const logger = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
  const now = () => new Date(time)
  const config = createConfig({
    storage,
    pages: PLAIN_PAGES,
    logger,
    now,
    oauth: { clientIdMetadataDocuments: { workspaceId, ...over } },
  })
  const process = () => createClientDocuments({ config, storage, outbound, logger, now })
  const { find } = process()
  return {
    find: (address = ADDRESS) => find(address),
    again: () => process().find(ADDRESS),
    storage,
    log,
    workspaceId,
    pass(seconds: number) {
      time += seconds * 1000
    },
  }
}

async function refusal(
  attempt: Promise<unknown>,
): Promise<{ code: string; status: number; message: string }> {
  try {
    await attempt
  } catch (error) {
    if (!(error instanceof HttpError)) throw error
    return { code: error.code, status: error.status, message: error.message }
  }
  throw new Error('The attempt succeeded.')
}

t.test('they are off unless they are configured', async t => {
  const storage = memory()
  const config = createConfig({ storage, pages: PLAIN_PAGES })
  const { logger, now } = config
  const documents = createClientDocuments({ config, storage, outbound, logger, now })
  t.equal(await documents.find(ADDRESS), undefined)
  t.strictSame(requests, [])
})

t.test('a document becomes a client, which is stored', async t => {
  const { find, storage, workspaceId } = await scene()
  const client = await find()
  t.match(client, {
    id: ADDRESS,
    workspaceId,
    source: 'document',
    type: 'public',
    name: 'MCP Inspector',
    requirePkce: true,
    redirectUris: DOCUMENT.redirect_uris,
    uri: server.url,
    registrationTokenHash: undefined,
  })
  t.strictSame(await storage.clients.find(ADDRESS), client)
  t.strictSame(await storage.clients.secrets(ADDRESS), [])
})

t.test('a client that names no method is public', async t => {
  const { token_endpoint_auth_method: _, ...document } = DOCUMENT
  answer = says(document, { 'content-type': 'application/client+json; charset=utf-8' })
  const { find } = await scene()
  t.match(await find(), { type: 'public', metadata: { token_endpoint_auth_method: 'none' } })
})

t.test('a client may prove itself with a key', async t => {
  answer = says({
    ...DOCUMENT,
    token_endpoint_auth_method: 'private_key_jwt',
    jwks_uri: `${server.url}/jwks`,
  })
  const { find } = await scene()
  t.match(await find(), { type: 'confidential', metadata: { jwks_uri: `${server.url}/jwks` } })
})

t.test('beside its name stands no host but its own', async t => {
  answer = says({ ...DOCUMENT, client_uri: 'https://bank.example/' })
  const { find, pass } = await scene()
  t.equal((await find())?.uri, server.url)
  pass(301)
  answer = says({ ...DOCUMENT, client_uri: `${server.url}/about` })
  t.equal((await find())?.uri, `${server.url}/about`)
})

t.test('what is no document of that client is refused, and tells nothing of itself', async t => {
  const table: [answer: Answer, problem: RegExp][] = [
    [says('not JSON'), /not a JSON object/],
    [says([DOCUMENT]), /not a JSON object/],
    [says(DOCUMENT, { 'content-type': 'text/html' }), /not of the type application\/json/],
    [says({ ...DOCUMENT, client_id: undefined }), /client_id is not its own address/],
    [says({ ...DOCUMENT, client_id: `${ADDRESS}?` }), /client_id is not its own address/],
    [says({ ...DOCUMENT, client_secret: 'x' }), /must not have client_secret/],
    [says({ ...DOCUMENT, client_secret_expires_at: 0 }), /must not have client_secret/],
    [says({ ...DOCUMENT, token_endpoint_auth_method: 'client_secret_basic' }), /token_endpoint_auth_method/],
    [says({ ...DOCUMENT, token_endpoint_auth_method: 'client_secret_jwt' }), /token_endpoint_auth_method/],
    [says({ ...DOCUMENT, token_endpoint_auth_method: 'private_key_jwt' }), /look at its jwks/],
    [says({ ...DOCUMENT, redirect_uris: [] }), /look at its redirect_uris/],
    [says({ ...DOCUMENT, redirect_uris: ['javascript:alert("EVIL")'] }), /look at its redirect_uris/],
    [
      says({ ...DOCUMENT, client_name: 'EVIL\n', logo_uri: 'EVIL' }),
      /look at its client_name, logo_uri|logo_uri/,
    ],
    [says({ ...DOCUMENT, client_name: 'EVIL'.padEnd(70_000) }), /cannot be read/],
    [(_, response) => response.writeHead(404).end('EVIL'), /cannot be read/],
    [(_, response) => response.writeHead(302, { location: `${server.url}/other` }).end(), /cannot be read/],
  ]
  for (const [given, problem] of table) {
    answer = given
    const { find, storage, log } = await scene()
    const refused = await refusal(find())
    t.match(refused, { status: 400, code: 'invalid_client', message: problem })
    t.notMatch(refused.message, 'EVIL')
    t.match(log.at(-1), { level: 'warn', fields: { clientId: ADDRESS, reason: String } })
    t.equal(await storage.clients.find(ADDRESS), undefined)
  }
})

t.test('a document is fetched once, also when many ask at once', async t => {
  const { find } = await scene()
  await Promise.all(Array.from({ length: 20 }, () => find()))
  await find()
  t.equal(requests.length, 1)
})

t.test('a document is fresh for as long as it says, within bounds', async t => {
  const table: [header: string | undefined, seconds: number][] = [
    [undefined, 300],
    ['max-age=0', 300],
    ['no-store, max-age=3600', 300],
    ['max-age=600', 600],
    ['public, MAX-AGE=3600', 3600],
    ['max-age=9999999999', 86_400],
  ]
  for (const [header, seconds] of table) {
    requests = []
    answer = says(DOCUMENT, header === undefined ? {} : { 'cache-control': header })
    const { find, pass } = await scene()
    await find()
    pass(seconds - 1)
    await find()
    t.equal(requests.length, 1, String(header))
    pass(2)
    await find()
    t.equal(requests.length, 2, String(header))
  }
})

t.test('what changed in the document changes in the client', async t => {
  const { find, pass, storage, workspaceId } = await scene()
  await find()
  answer = says({ ...DOCUMENT, client_name: 'Renamed', redirect_uris: ['https://app.example/callback'] })
  pass(301)
  t.match(await find(), { name: 'Renamed', redirectUris: ['https://app.example/callback'] })
  const audit = await storage.audit.list(workspaceId, 10)
  t.equal(audit.filter(({ action }) => action === 'client.updated').length, 1)
})

t.test('what an operator has changed while a document was read stays', async t => {
  const { find, storage, pass, workspaceId } = await scene()
  const before = await find()
  pass(301)
  answer = async (request, response) => {
    await updateClient({ ...environment(), storage, actor: 'cli', now: NOW }, ADDRESS, { enabled: false })
    says({ ...DOCUMENT, client_name: 'Renamed' })(request, response)
  }
  t.match(await find(), { name: 'Renamed', enabled: false })
  const [last, earlier] = await storage.audit.list(workspaceId, 2)
  t.match(last, {
    before: { name: before?.name, enabled: false },
    after: { name: 'Renamed', enabled: false },
  })
  t.match(earlier, { actor: 'cli', before: { enabled: true }, after: { enabled: false } })
})

t.test('a client that is removed while its document is read is made anew', async t => {
  const { find, storage, pass } = await scene()
  await find()
  pass(301)
  answer = async (request, response) => {
    t.equal(await storage.clients.removeUnused(new Date('2100-01-01')), 1)
    says({ ...DOCUMENT, client_name: 'Renamed' })(request, response)
  }
  t.match(await find(), { id: ADDRESS, name: 'Renamed' })
})

t.test('a document that stays the same is not written down each time', async t => {
  const { find, pass, storage, workspaceId } = await scene()
  await find()
  for (let time = 0; time < 5; time++) {
    pass(301)
    await find()
  }
  t.equal(requests.length, 6)
  const updates = async () =>
    (await storage.audit.list(workspaceId, 100)).filter(({ action }) => action === 'client.updated').length
  t.equal(await updates(), 0)
  pass(86_400)
  await find()
  t.equal(await updates(), 1)
})

t.test('a client outlives an outage of its server, for a week', async t => {
  const { find, pass, again } = await scene()
  await find()
  answer = (_, response) => response.writeHead(503).end()
  pass(301)
  t.ok(await find())
  t.ok(await again(), 'in another process, too')
  pass(6 * 86_400)
  t.ok(await find())
  pass(86_400)
  t.match(await refusal(find()), { message: /cannot be read/ })
  answer = says(DOCUMENT)
  pass(61)
  t.ok(await find(), 'and comes back with it')
})

t.test('a document that turns bad ends its client at once', async t => {
  const { find, pass } = await scene()
  await find()
  answer = says({ ...DOCUMENT, redirect_uris: [] })
  pass(301)
  t.match(await refusal(find()), { code: 'invalid_client' })
})

t.test('an address without a document is not asked again at once', async t => {
  answer = (_, response) => response.writeHead(404).end()
  const { find, pass } = await scene()
  await refusal(find())
  await refusal(find())
  t.equal(requests.length, 1)
  pass(61)
  await refusal(find())
  t.equal(requests.length, 2)
})

t.test('two processes that meet a client at once make one', async t => {
  const { find, again, storage, workspaceId } = await scene()
  const clients = await Promise.all([find(), again()])
  t.strictSame(clients[0], clients[1])
  t.equal(await storage.clients.count(workspaceId, 'document'), 1)
})

t.test('only so many are fetched at once', async t => {
  const waiting: (() => void)[] = []
  answer = (request, response) => {
    waiting.push(() => says({ ...DOCUMENT, client_id: `${server.url}${request.url}` })(request, response))
  }
  const { find } = await scene()
  const attempts = Array.from({ length: 16 }, (_, number) => find(`${server.url}/${number}`))
  t.match(await refusal(find(`${server.url}/one-more`)), { status: 503, code: 'too_busy' })
  while (waiting.length < 16) await new Promise(resolve => setTimeout(resolve, 5))
  for (const go of waiting) go()
  t.equal((await Promise.all(attempts)).length, 16)
})

t.test('there are at most so many clients, and unused ones make room', async t => {
  answer = (request, response) =>
    says({ ...DOCUMENT, client_id: `${server.url}${request.url}` })(request, response)
  const { find, pass, log } = await scene({ maxClients: 1, unusedSeconds: 3600 })
  t.ok(await find(`${server.url}/one`))
  t.match(await refusal(find(`${server.url}/two`)), { message: /takes no further clients/ })
  t.ok(log.some(({ message }) => message.includes('maxClients')))
  pass(3601)
  t.ok(await find(`${server.url}/two`))
})

t.test('a client that was removed as unused is made anew when it comes back', async t => {
  const { find, storage } = await scene()
  await find()
  await storage.clients.removeUnused(new Date(NOW.getTime() + 1))
  t.match(await find(), { id: ADDRESS })
  t.equal(requests.length, 2)
})
