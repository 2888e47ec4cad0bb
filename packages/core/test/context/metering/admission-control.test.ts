import { Readable } from 'node:stream'
import { mock } from 'node:test'
import t, { type Test } from 'tap'
import { eventually } from '../../../../../test/support/eventually.ts'
import { logged } from '../../../../../test/support/logged.ts'
import { DEFAULT_PLANS } from '../../../src/config/defaults.ts'
import type { KitOptions } from '../../../src/config/options.ts'
import { monthAfter, monthOf } from '../../../src/lib/month.ts'
import { reconcile } from '../../../src/manage/reconcile.ts'
import type { Plan } from '../../../src/model/plan.ts'
import { type Installation, installation, NOW, type Registered } from '../../installation.ts'
import { metered } from '../../metered.ts'
import { scene } from '../../token-auth/resource.ts'

const ALL = { from: new Date(0), to: new Date('2100-01-01') }
const CAP = 30
/** As many are under way before others wait, under a cap of so few. */
const UNDER_WAY = 8
const WINDOW_SECONDS = 60

/** When a month turns. */
const TURN = monthAfter(monthOf(NOW))
/** How long requests wait. What happens meanwhile does so after half of it. */
const WAIT_SECONDS = 20

/** What a request was answered with. */
interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[]>>
}

/** Whoever comes, who may leave before there is an answer. */
interface Comer {
  hasLeft: boolean
}

const PATIENT: Comer = { hasLeft: false }

/** What guards requests that last for as long as the test says. */
interface Door {
  readonly xwms: Installation
  readonly shop: Registered
  /** How many are admitted and have no answer yet. */
  underWay(): number
  /** A request comes. It is answered when `end` resolves, or refused before. */
  come(end: Promise<unknown>, caller?: Comer): Promise<Answer>
}

type Doors = Readonly<Record<string, (options: Partial<KitOptions>, start: Date) => Promise<Door>>>

const DOORS: Doors = {
  async 'the header guard'(options, start) {
    const xwms = installation(options)
    passTo(xwms, start)
    const shop = await xwms.client()
    const guard = xwms.kit.protect({ price: 'orders' })
    const request = {
      headers: shop.headers,
      ip: () => '203.0.113.10',
      secure: () => true,
      route: 'GET /orders',
    }
    return { xwms, shop, ...slow(async caller => guard({ ...request, hasLeft: () => caller.hasLeft })) }
  },

  async 'the token guard'(options, start) {
    const at = await scene({}, options)
    passTo(at, start)
    const authorization = `Bearer ${await at.token()}`
    return {
      xwms: at,
      shop: at.shop,
      ...slow(caller => at.come({ authorization }, { hasLeft: () => caller.hasLeft })),
    }
  },

  async 'the kit’s own endpoints'(options, start) {
    const xwms = installation(options)
    passTo(xwms, start)
    const shop = await xwms.client()
    let underWay = 0
    return {
      xwms,
      shop,
      underWay: () => underWay,
      async come(end, caller = PATIENT) {
        // The body is read once its sender is admitted.
        const body = async function* () {
          underWay++
          await end
          underWay--
          yield Buffer.from('{}')
        }
        return xwms.ask('POST', '/api/global/countries', {
          headers: { ...shop.headers, 'content-type': 'application/json' },
          body: { state: 'unread', stream: Readable.from(body()) },
          hasLeft: () => caller.hasLeft,
        })
      },
    }
  },
}

type Verdict = Awaited<ReturnType<Awaited<ReturnType<typeof scene>>['come']>>
type Guarded = Omit<Extract<Verdict, { admitted: true }>, 'caller'>

/** Requests to a handler that takes its time. */
function slow(
  ask: (caller: Comer) => Promise<Guarded | Extract<Verdict, { admitted: false }>>,
): Pick<Door, 'underWay' | 'come'> {
  let underWay = 0
  return {
    underWay: () => underWay,
    async come(end, caller = PATIENT) {
      const verdict = await ask(caller)
      if (!verdict.admitted) return verdict.response
      underWay++
      await end
      underWay--
      await metered(verdict, 200)
      return { status: 200, headers: verdict.headers ?? {} }
    },
  }
}

function passTo({ pass, now }: Installation, moment: Date): void {
  pass((moment.getTime() - now().getTime()) / 1000)
}

function plusSeconds(moment: Date, seconds: number): Date {
  return new Date(moment.getTime() + seconds * 1000)
}

const PLAN: Plan = {
  ...(DEFAULT_PLANS.enterprise as Plan),
  includedRequests: CAP,
  hardCap: true,
  rateLimit: { requests: 100_000, windowSeconds: WINDOW_SECONDS },
}

/**
 * Under a cap of 30, 25 requests come: 8 get under way, and 17 wait. Another price begins, and 25 more come; then those under way end.
 * @param begins when the price begins: half the wait after the first ones come
 */
async function waitAcross(open: Doors[string], begins: Date) {
  const steps = [{ nanoEuro: 10 }, { nanoEuro: 25, from: begins }]
  const options: Partial<KitOptions> = {
    plans: { enterprise: PLAN },
    prices: { orders: steps, countries: steps },
    rateLimitHeaders: 'always',
    requestLog: { successes: 1 },
  }
  const before = plusSeconds(begins, -WAIT_SECONDS / 2)
  const after = plusSeconds(before, WAIT_SECONDS)
  const door = await open(options, before)
  const { xwms, shop } = door
  const end = Promise.withResolvers<void>()
  const early = Array.from({ length: 25 }, () => door.come(end.promise))
  await eventually(
    async () => door.underWay(),
    underWay => underWay === UNDER_WAY,
  )
  passTo(xwms, after)
  const late = Array.from({ length: 25 }, () => door.come(end.promise))
  end.resolve()
  const answers = await Promise.all([...early, ...late])
  await xwms.kit.close()

  const events = await xwms.storage.usage.events(ALL, 100)
  return {
    before,
    after,
    answers,
    /** How many were admitted at a moment, for a price, after how long, in the month that they count in. */
    events: tally(
      events.map(
        ({ at, priceNanoEuro, durationMs, month }) =>
          `${at.toISOString()} ${priceNanoEuro} ${durationMs / 1000} s ${month.toISOString().slice(0, 7)}`,
      ),
    ),
    refusals: tally(
      (await logged(xwms.storage, shop.client))
        .filter(({ refusedBy }) => refusedBy !== undefined)
        .map(({ at, refusedBy }) => `${at.toISOString()} ${refusedBy}`),
    ),
    differences: (
      await reconcile(
        { storage: xwms.storage, config: xwms.kit.config, now: xwms.now() },
        { from: monthOf(before), to: monthOf(after) },
      )
    ).differences,
  }
}

/** The longest that an admitted request was told of. */
function secondsToReset(answers: readonly Answer[]): number {
  const admitted = answers.filter(({ status }) => status === 200)
  return Math.max(...admitted.map(({ headers }) => Number(/;t=(\d+)$/.exec(`${headers.ratelimit}`)?.[1])))
}

function tally(lines: readonly string[]): Record<string, number> {
  const tally: Record<string, number> = {}
  for (const line of lines) tally[line] = (tally[line] ?? 0) + 1
  return tally
}

/** Whether something happens without any time passing. */
async function soon(happened: () => boolean): Promise<boolean> {
  for (let turns = 0; turns < 1000 && !happened(); turns++) await new Promise(setImmediate)
  return happened()
}

const PRICED: Partial<KitOptions> = {
  plans: { enterprise: PLAN },
  prices: { orders: 10, countries: 10 },
  requestLog: { successes: 1 },
}

/** As many requests as may be get under way, and go on until `end` resolves. The hands of timers are moved by the test alone. */
async function occupied(t: Test, open: Doors[string], start = NOW) {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const door = await open(PRICED, start)
  const end = Promise.withResolvers<void>()
  const early = Array.from({ length: UNDER_WAY }, () => door.come(end.promise))
  await soon(() => door.underWay() === UNDER_WAY)
  return { ...door, early, end }
}

for (const [name, open] of Object.entries(DOORS)) {
  t.test(`${name}: who waits while the month turns is of the month whose cap let it through`, async t => {
    const { before, after, answers, events, refusals, differences } = await waitAcross(open, TURN)
    t.strictSame(tally(answers.map(({ status }) => `${status}`)), { 200: UNDER_WAY + CAP, 429: 12 })
    t.equal(events[`${before.toISOString()} 10 20 s 2026-03`], UNDER_WAY)
    const waited = events[`${after.toISOString()} 25 20 s 2026-04`] ?? 0
    const came = events[`${after.toISOString()} 25 0 s 2026-04`] ?? 0
    t.equal(waited + came, CAP)
    t.ok(waited > 0, 'some of those who waited were admitted')
    t.equal(Object.keys(events).length, 3, 'there are no others')
    t.strictSame(refusals, { [`${after.toISOString()} quota_exceeded`]: 12 })
    const reset = secondsToReset(answers)
    t.ok(reset <= WINDOW_SECONDS, `no window of ${WINDOW_SECONDS} s lasts ${reset} s`)
    t.strictSame(differences, [])
  })

  t.test(`${name}: who waits while a price begins pays that of the moment of its admission`, async t => {
    const { before, after, answers, events, refusals, differences } = await waitAcross(open, NOW)
    t.strictSame(tally(answers.map(({ status }) => `${status}`)), { 200: CAP, 429: 20 })
    t.equal(events[`${before.toISOString()} 10 20 s 2026-03`], UNDER_WAY)
    const waited = events[`${after.toISOString()} 25 20 s 2026-03`] ?? 0
    const came = events[`${after.toISOString()} 25 0 s 2026-03`] ?? 0
    t.equal(waited + came, CAP - UNDER_WAY)
    t.equal(Object.keys(events).length, 3, 'there are no others')
    t.strictSame(refusals, { [`${after.toISOString()} quota_exceeded`]: 20 })
    t.strictSame(differences, [])
  })

  t.test(`${name}: who leaves while waiting is not admitted, and uses up nothing`, async t => {
    const { xwms, shop, come, underWay, early, end } = await occupied(t, open)
    const leaving = Array.from({ length: 100 }, () => ({ hasLeft: false }))
    const left = leaving.map(caller => come(end.promise, caller))
    const waiting = come(end.promise)
    await soon(() => underWay() > UNDER_WAY)
    for (const caller of leaving) caller.hasLeft = true
    mock.timers.tick(1000)
    let settled = false
    const answers = Promise.all(left).finally(() => {
      settled = true
    })
    t.ok(await soon(() => settled))
    t.equal(underWay(), UNDER_WAY, 'they are let go of while all others are still under way')
    t.strictSame(tally((await answers).map(({ status }) => `${status}`)), { 499: 100 })
    end.resolve()
    t.equal((await waiting).status, 200, 'who stayed gets the place')
    const later = await Promise.all(Array.from({ length: CAP }, () => come(end.promise)))
    t.strictSame(tally(later.map(({ status }) => `${status}`)), {
      200: CAP - UNDER_WAY - 1,
      429: UNDER_WAY + 1,
    })
    await Promise.all(early)
    await xwms.kit.close()
    const events = await xwms.storage.usage.events(ALL, 200)
    t.strictSame(tally(events.map(({ status }) => `${status}`)), { 200: CAP })
    const log = await logged(xwms.storage, shop.client)
    t.strictSame(tally(log.map(({ status }) => `${status}`)), { 200: CAP, 429: UNDER_WAY + 1 })
    t.strictSame(
      xwms.log.filter(({ level }) => level === 'error'),
      [],
    )
  })

  t.test(`${name}: answers that stay open let others through after a while, up to the cap`, async t => {
    const { xwms, come, underWay, early, end } = await occupied(t, open)
    for (let open = UNDER_WAY; open < CAP; ) {
      const more = Math.min(UNDER_WAY, CAP - open)
      early.push(...Array.from({ length: more }, () => come(end.promise)))
      mock.timers.tick(1000)
      t.notOk(await soon(() => underWay() > open), 'those before are too young')
      xwms.pass(5)
      mock.timers.tick(1000)
      open += more
      t.ok(await soon(() => underWay() === open), `${open} are open`)
    }
    t.equal((await come(end.promise)).status, 429, 'those that are open are counted')
    end.resolve()
    await Promise.all(early)
    await xwms.kit.close()
    t.equal((await xwms.storage.usage.events(ALL, 100)).length, CAP)
  })

  t.test(`${name}: who waits for answers that stay open is let through when the month turns`, async t => {
    const { xwms, come, underWay, early, end } = await occupied(t, open, plusSeconds(TURN, -1))
    const waiting = come(end.promise)
    t.notOk(await soon(() => underWay() > UNDER_WAY))
    passTo(xwms, TURN)
    mock.timers.tick(1000)
    t.ok(await soon(() => underWay() > UNDER_WAY))
    end.resolve()
    await Promise.all([...early, waiting])
    await xwms.kit.close()
    const events = await xwms.storage.usage.events(ALL, 100)
    const months = tally(events.map(({ month }) => month.toISOString().slice(0, 7)))
    t.strictSame(months, { '2026-03': UNDER_WAY, '2026-04': 1 })
  })
}
