import t from 'tap'
import { httpsServer } from '../../../../../test/support/https-server.ts'
import { REDIRECT_URI, registrar } from './registrar.ts'

const OTHER = 'https://other.example/callback'
const documents: Record<string, string> = {
  '/both': JSON.stringify([REDIRECT_URI, OTHER, 7]),
  '/one': JSON.stringify([OTHER]),
  '/object': '{}',
  '/text': 'not JSON',
  '/large': JSON.stringify(['x'.repeat(70_000)]),
}
const server = await httpsServer((request, response) => {
  const document = documents[request.url ?? '']
  if (document === undefined) response.statusCode = 404
  response.end(document)
})
t.teardown(() => server.close())

const { kit, register, configure, log } = await registrar(
  {},
  { outbound: { allowPrivateAddresses: true, ca: server.ca } },
)
t.teardown(() => kit.close())

const pairwise = (path: string) => ({
  redirect_uris: [REDIRECT_URI, OTHER],
  subject_type: 'pairwise',
  sector_identifier_uri: `${server.url}${path}`,
})

t.test('a sector takes the clients whose redirect URIs its document lists', async t => {
  const { status, json } = await register(pairwise('/both'))
  t.equal(status, 201, JSON.stringify(json))
  t.equal(json.sector_identifier_uri, `${server.url}/both`)
})

t.test('and no others', async t => {
  const table: [path: string, problem: RegExp][] = [
    ['/one', /must lead to a document that lists https:\/\/app\.example\.com\/callback/],
    ['/object', /must lead to a JSON array/],
    ['/text', /must lead to a JSON document/],
    ['/large', /must lead to a document that can be fetched\.$/],
    ['/missing', /must lead to a document that can be fetched\.$/],
  ]
  for (const [path, problem] of table) {
    const { status, json } = await register(pairwise(path))
    t.equal(status, 400, path)
    t.equal(json.error, 'invalid_client_metadata')
    t.match(json.error_description, problem)
  }
  const told = log.filter(({ message }) => message === 'A sector document could not be fetched.')
  t.match(
    told.map(({ fields }) => fields),
    [
      { sectorIdentifierUri: `${server.url}/large`, reason: /larger than 65536 bytes/ },
      { sectorIdentifierUri: `${server.url}/missing`, reason: /answered with status 404/ },
    ],
    'why is for the operator',
  )
})

t.test('the document is asked again when a registration changes', async t => {
  const { json } = await register(pairwise('/both'))
  const changed = await configure('PUT', json, { client_id: json.client_id, ...pairwise('/one') })
  t.equal(changed.status, 400)
  t.equal((await configure('GET', json)).json.sector_identifier_uri, `${server.url}/both`)
})

t.test('this machine is not called unless that is configured', async t => {
  const ordinary = await registrar()
  t.teardown(() => ordinary.kit.close())
  const { status, json } = await ordinary.register(pairwise('/both'))
  t.equal(status, 400)
  t.equal(json.error_description, 'sector_identifier_uri must lead to a document that can be fetched.')
  const told = ordinary.log.find(({ fields }) => 'sectorIdentifierUri' in fields)
  t.match(told?.fields, { reason: /is not an address of the public Internet/ })
})
