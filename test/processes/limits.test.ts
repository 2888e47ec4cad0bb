// What limits admit under parallel load: exactly the limit in one process, and with four at most what docs/architecture.md states.
import {
  addDomain,
  createClient,
  createKit,
  createWorkspace,
  type DomainMode,
  type Kit,
  type Plan,
  type RateLimit,
  type Storage,
} from '@xwms/core'
import { pages } from '@xwms/pages'
import { postgres } from '@xwms/storage-kysely'
import { memory } from '@xwms/storage-memory'
import t from 'tap'
import { type Child, startChild } from '../bench/child.ts'
import { freshDatabase } from '../support/database.ts'

const PROCESSES = 4
const DOMAIN = 'shop.example.com'

t.setTimeout(180_000)

function planOf(rateLimit: RateLimit): Plan {
  return { title: 'Limited', monthlyFeeNanoEuro: 0, includedRequests: 1_000_000, hardCap: false, rateLimit }
}

function kitOver(storage: Storage, plans: Readonly<Record<string, Plan>>, now?: () => Date): Kit {
  const quiet = () => {}
  const logger = { debug: quiet, info: quiet, warn: quiet, error: console.error }
  return createKit({ issuer: 'http://localhost:4711', storage, pages: pages(), plans, logger, now })
}

/** The credential headers of a new client of a workspace with that plan. */
async function register(
  { config }: Kit,
  plan: string,
  mode: DomainMode = 'test',
): Promise<Record<string, string>> {
  const { storage, plans, scopes, now } = config
  const environment = { storage, plans, scopes, now: now(), actor: 'test', ip: undefined }
  const workspace = await createWorkspace(environment, { name: 'Shop', plan, owner: '1' })
  const { client, secret } = await createClient(environment, { workspaceId: workspace.id, name: 'Shop' })
  await addDomain(environment, { clientId: client.id, host: DOMAIN, mode })
  return {
    'x-client-id': client.id,
    'x-client-secret': secret?.value ?? '',
    'x-client-domain': DOMAIN,
  }
}

t.test('one process admits exactly the limit, whatever the window and however many come at once', async t => {
  const limits = [1, 60, 3600, 86_400].flatMap(windowSeconds =>
    [false, true].map(sliding => ({ requests: 50, windowSeconds, sliding })),
  )
  const plans = Object.fromEntries(limits.map(limit => [JSON.stringify(limit), planOf(limit)]))
  const database = await freshDatabase()
  const noon = new Date('2026-05-14T12:00:00Z')
  const storages: Record<string, Storage> = {
    memory: memory(),
    PostgreSQL: postgres({ connectionString: database.url, maxConnections: 4 }),
  }
  for (const [name, storage] of Object.entries(storages)) {
    const kit = kitOver(storage, plans, () => noon)
    await kit.ready()
    const guard = kit.protect()
    for (const plan of Object.keys(plans)) {
      const request = {
        headers: await register(kit, plan),
        ip: () => '203.0.113.10',
        secure: () => false,
        hasLeft: () => false,
        route: 'GET /orders',
      }
      // Nobody is known yet, and all come at once; then all of them again, known by then.
      for (const admitted of [50, 0]) {
        const verdicts = await Promise.all(Array.from({ length: 150 }, () => guard(request)))
        t.equal(verdicts.filter(verdict => verdict.admitted).length, admitted, `${name}: ${plan}`)
      }
    }
    await kit.close()
  }
  await database.drop()
})

t.test('four processes overshoot by no more than the bound', async t => {
  const others = PROCESSES - 1
  const ample = planOf({ requests: 100_000, windowSeconds: 60 })
  const cases = [
    {
      name: 'fixed, a day',
      limit: 200,
      plan: planOf({ requests: 200, windowSeconds: 86_400 }),
      bound: others * 10,
    },
    {
      name: 'sliding, a minute',
      limit: 200,
      plan: planOf({ requests: 200, windowSeconds: 60, sliding: true }),
      bound: others * 10,
    },
    {
      name: 'a month',
      limit: 300,
      plan: { ...ample, includedRequests: 300, hardCap: true },
      bound: others * 15,
    },
    {
      name: 'a small month',
      limit: 40,
      plan: { ...ample, includedRequests: 40, hardCap: true },
      bound: others * 8,
    },
  ]
  const plans = Object.fromEntries(cases.map(({ name, plan }) => [name, plan]))
  const database = await freshDatabase()
  const kit = kitOver(postgres({ connectionString: database.url, maxConnections: 2 }), plans)
  await kit.ready()
  const children: Child[] = await Promise.all(
    Array.from({ length: PROCESSES }, () =>
      startChild(new URL('guarded-server.ts', import.meta.url), {
        args: [JSON.stringify(plans)],
        env: { DATABASE_URL: database.url },
      }),
    ),
  )
  t.teardown(async () => {
    await Promise.all(children.map(child => child.stop()))
    await kit.close()
    await database.drop()
  })
  const ports = await Promise.all(children.map(child => child.ask<number>('port')))

  for (const { name, limit, bound } of cases) {
    const headers = { ...(await register(kit, name, 'live')), 'x-forwarded-proto': 'https' }
    const ask = async (_: unknown, index: number) => {
      const url = `http://127.0.0.1:${ports[index % PROCESSES]}/orders`
      const response = await fetch(url, { headers })
      await response.body?.cancel()
      return response.status
    }
    const statuses = await Promise.all(Array.from({ length: 600 }, ask))
    const admitted = statuses.filter(status => status === 200).length
    t.equal(statuses.filter(status => status === 429).length, 600 - admitted, 'all others are refused')
    process.stderr.write(`${name}: overshoot ${admitted - limit} of at most ${bound}\n`)
    t.ok(admitted >= limit && admitted <= limit + bound, `${name}: ${admitted} admitted`)
  }
})
