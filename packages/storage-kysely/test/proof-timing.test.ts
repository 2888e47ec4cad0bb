// Whether a client exists must not be told by how long a wrong secret takes (xwms-api.md, "Who may call").
import { fixtures } from '@xwms/storage-contract'
import t from 'tap'
import { freshDatabase } from '../../../test/support/database.ts'
import { postgres } from '../src/index.ts'

const ROUNDS = 800
const WARM_UP = 100

t.test('a wrong secret of a client takes as long as a client that does not exist', async t => {
  const database = await freshDatabase()
  const storage = postgres({ connectionString: database.url, maxConnections: 1 })
  t.teardown(async () => {
    await storage.close()
    await database.drop()
  })
  await storage.ready()
  const client = await fixtures.storedClient(storage)
  const domain = fixtures.domain(client)
  await storage.clients.addDomain(domain, undefined, fixtures.audit())
  // The more there is to load, the longer it would take.
  for (let number = 0; number < 20; number++) {
    await storage.clients.addSecret(fixtures.secret(client), undefined, fixtures.audit())
  }
  const times: { unknown: number[]; wrong: number[] } = { unknown: [], wrong: [] }
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    for (const kind of round % 2 ? (['unknown', 'wrong'] as const) : (['wrong', 'unknown'] as const)) {
      const clientId = kind === 'wrong' ? client.id : fixtures.secret(client).id
      const start = process.hrtime.bigint()
      const facts = await storage.clients.facts(clientId, fixtures.secret(client).hash, domain.host)
      const microseconds = Number(process.hrtime.bigint() - start) / 1000
      if (facts !== undefined) throw new Error('A wrong secret proved something.')
      if (round >= WARM_UP) times[kind].push(microseconds)
    }
  }
  // The lower quartile: what the rest of the machine does only ever adds time.
  const quartile = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 4)] as number
  const [unknown, wrong] = [quartile(times.unknown), quartile(times.wrong)]
  const ratio = wrong / unknown
  t.comment(
    `unknown client ${unknown.toFixed(0)} µs, wrong secret ${wrong.toFixed(0)} µs, ratio ${ratio.toFixed(3)}`,
  )
  t.ok(ratio > 0.85 && ratio < 1.15, `${unknown.toFixed(0)} µs against ${wrong.toFixed(0)} µs`)
})
