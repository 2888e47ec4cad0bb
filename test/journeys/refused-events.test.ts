// What PostgreSQL does not take of one request must not cost others theirs, whatever it is: here a rule of the operator's own.
import { type Admission, createKit } from '@xwms/core'
import { pages } from '@xwms/pages'
import { postgres } from '@xwms/storage-kysely'
import pg from 'pg'
import t from 'tap'
import { freshDatabase } from '../support/database.ts'
import { seed } from '../support/seed.ts'

const ALL = { from: new Date(0), to: new Date(8.64e15) }

t.test('an event that PostgreSQL refuses fails alone, and what is written is counted once', async t => {
  const database = await freshDatabase()
  t.teardown(() => database.drop())
  const lines: string[] = []
  const quiet = () => {}
  const kit = createKit({
    storage: postgres({ connectionString: database.url, migrate: true }),
    pages: pages(),
    logger: { debug: quiet, info: quiet, warn: quiet, error: (_, message) => lines.push(message) },
  })
  t.teardown(() => kit.close())
  await kit.ready()
  const { headers, workspace } = await seed(kit)
  const client = new pg.Client(database.url)
  await client.connect()
  await client.query("alter table xwms.usage_events add check (sub <> 'nobody')")
  await client.end()

  const guard = kit.protect({ price: 'default' })
  const request = {
    headers,
    ip: () => '203.0.113.1',
    secure: () => true,
    hasLeft: () => false,
    route: 'GET /orders',
  }
  const admitted = await Promise.all(
    Array.from({ length: 40 }, async () => (await guard(request)) as Admission),
  )
  const outcomes = await Promise.allSettled(
    admitted.map((admission, number) => {
      admission.caller.concerns(number % 13 === 7 ? 'nobody' : 'ada')
      return new Promise<void>((committed, failed) => admission.complete(200, { committed, failed }))
    }),
  )
  const refused = outcomes.flatMap(({ status }, number) => (status === 'rejected' ? [number] : []))
  t.strictSame(refused, [7, 20, 33])
  t.strictSame(lines, Array(3).fill('Usage events could not be written.'))
  const { usage } = kit.config.storage
  const query = { ...ALL, workspaceId: workspace.id }
  t.equal((await usage.events(query, 100)).length, 37)
  const counters = await usage.counters(query)
  t.equal(
    counters.reduce((sum, { requests }) => sum + requests, 0n),
    37n,
  )
})
