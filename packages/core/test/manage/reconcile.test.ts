import t from 'tap'
import { parseMonth } from '../../src/lib/month.ts'
import { reconcile } from '../../src/manage/reconcile.ts'
import type { MeteredRequest } from '../../src/model/usage.ts'
import { environment } from './environment.ts'

const [SEPTEMBER, DECEMBER] = [parseMonth('2026-09') as Date, parseMonth('2026-12') as Date]
const DAYS = { eventDays: 62, requestLogDays: 30, auditDays: 400 }

function request(at: string): MeteredRequest {
  return {
    at: new Date(at),
    requestId: at,
    workspaceId: 'ws_1',
    clientId: 'client',
    domainId: undefined,
    route: 'GET /orders',
    mode: 'live',
    sub: undefined,
    status: 200,
    durationMs: 1,
    priceNanoEuro: 10_000,
    caller: undefined,
  }
}

/** Books with a request in each of two months. */
async function books() {
  const { storage } = environment()
  const events = [request('2026-09-30T23:30:00Z'), request('2026-11-05T00:00:00Z')]
  await storage.usage.append({ id: '019ac8a4-0000-7000-8000-000000000001', events, windows: [] })
  const check = (eventDays: number, now: string, from = SEPTEMBER) =>
    reconcile(
      { storage, config: { retention: { ...DAYS, eventDays, everySeconds: 60 } }, now: new Date(now) },
      { from, to: DECEMBER },
    )
  return { storage, check }
}

t.test('events are compared from when on the configuration keeps them, by whole hours', async t => {
  const { check } = await books()
  const all = { events: 2n, counted: 2n, differing: 0 }
  t.match(await check(400, '2026-12-02T00:01:00Z'), { ...all, eventsSince: undefined })
  const kept = { events: 1n, counted: 1n, differing: 0 }
  t.match(await check(62, '2026-12-02T00:01:00Z'), { ...kept, eventsSince: new Date('2026-10-01T01:00:00Z') })
})

t.test('and from when on they are there, where a shorter retention removed more than that', async t => {
  const { storage, check } = await books()
  const now = '2026-12-02T00:01:00Z'
  await storage.maintenance.run(new Date(now), DAYS)
  const kept = { events: 1n, counted: 1n, differing: 0, differences: [] }
  t.match(await check(400, now), { ...kept, eventsSince: new Date('2026-10-01T00:00:00Z') })
  t.match(await check(62, now), { ...kept, eventsSince: new Date('2026-10-01T01:00:00Z') })
  const november = parseMonth('2026-11')
  t.match(
    await check(400, now, november),
    { ...kept, eventsSince: undefined },
    'which later months need not hear of',
  )
})
