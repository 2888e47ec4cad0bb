import { setTimeout } from 'node:timers/promises'
import { memory } from '@xwms/storage-memory'
import t from 'tap'
import { DEFAULT_PLANS } from '../../../src/config/defaults.ts'
import { plain } from '../../../src/config/logger.ts'
import { WorkspacePlans } from '../../../src/context/billing/workspace-plans.ts'
import { StorageUnavailableError } from '../../../src/errors.ts'
import type { Plan } from '../../../src/model/plan.ts'
import { type Installation, installation } from '../../installation.ts'
import { watched } from '../../watched-storage.ts'
import { surroundings } from '../surroundings.ts'
import { WORKSPACE } from './invoices.ts'

t.test(
  'a plan that the configuration does not have is told to the operator, once of each workspace',
  async t => {
    const { log, logger } = surroundings()
    const plans = new WorkspacePlans(DEFAULT_PLANS, logger)
    t.equal(plans.of(WORKSPACE), DEFAULT_PLANS.enterprise)
    t.strictSame(log, [])
    const told = () => log.map(({ level, fields }) => ({ level, ...fields }))
    const line = (workspaceId: string, plan: string) => ({ level: 'error', workspaceId, plan })
    for (let request = 0; request < 3; request++) t.equal(plans.of({ ...WORKSPACE, plan: 'gone' }), undefined)
    t.strictSame(told(), [line('ws_1', 'gone')])
    t.match(log, [{ message: /does not have its plan\. Add it to the option plans/ }])
    for (let request = 0; request < 2; request++) plans.of({ ...WORKSPACE, id: 'ws_2', plan: 'gone' })
    plans.of({ ...WORKSPACE, plan: 'renamed' })
    t.strictSame(told(), [line('ws_1', 'gone'), line('ws_2', 'gone'), line('ws_1', 'renamed')])
  },
)

t.test('a name of what every object has is the name of no plan', async t => {
  const plans = new WorkspacePlans(DEFAULT_PLANS, surroundings().logger)
  for (const plan of ['constructor', 'toString', '__proto__'])
    t.equal(plans.of({ ...WORKSPACE, plan }), undefined, plan)
})

const enterprise = DEFAULT_PLANS.enterprise as Plan
const PLANS = { enterprise, gold: enterprise, silver: enterprise }

/** A storage with two workspaces on the plan gold, one on silver and one on a plan of every configuration's. */
async function soldPlans() {
  const watch = watched(memory())
  const { client } = installation({ plans: PLANS }, () => watch.storage)
  for (const plan of ['enterprise', 'gold', 'silver']) await client({}, {}, { plan })
  const { headers } = await client({}, {}, { plan: 'gold' })
  return { ...watch, headers }
}

const errors = ({ log }: Installation) =>
  log.filter(({ level }) => level === 'error').map(({ fields, message }) => ({ fields, message }))

t.test(
  'at start, the plans that workspaces are on and the configuration lacks are one line, and no more',
  async t => {
    const { storage, headers } = await soldPlans()
    const starts: Record<string, (kit: Installation['kit']) => unknown> = {
      'who waits until it is ready': kit => kit.ready(),
      'who only begins': kit => kit.begin(),
    }
    for (const [name, start] of Object.entries(starts)) {
      const restarted = installation({}, () => storage)
      await start(restarted.kit)
      while (errors(restarted).length === 0) await setTimeout(1)
      for (let request = 0; request < 2; request++)
        t.equal((await restarted.ask('POST', '/api/global/countries', { headers, json: {} })).status, 402)
      const plans = [
        { plan: 'gold', workspaces: 2 },
        { plan: 'silver', workspaces: 1 },
      ]
      t.match(errors(restarted), [{ message: /Add them to the option plans, or move the workspaces/ }], name)
      t.strictSame(errors(restarted)[0]?.fields, { plans }, name)
      t.equal(errors(restarted).length, 1, name)
    }
    const complete = installation({ plans: PLANS }, () => storage)
    await complete.kit.ready()
    t.strictSame(errors(complete), [])
  },
)

t.test('a plan that nobody was on at the start is told of at the first request', async t => {
  const { storage, headers, replace, restore } = await soldPlans()
  replace('workspaces.plansInUse', async () => [])
  const restarted = installation({}, () => storage)
  await restarted.kit.ready()
  restore('workspaces.plansInUse')
  await restarted.ask('POST', '/api/global/countries', { headers, json: {} })
  t.match(errors(restarted), [{ fields: { plan: 'gold' } }])
})

t.test('a start whose question fails is as good as any, and the first request tells', async t => {
  const { storage, headers, replace } = await soldPlans()
  const error = new StorageUnavailableError('It took too long.')
  replace('workspaces.plansInUse', () => Promise.reject(error))
  const restarted = installation({}, () => storage)
  await restarted.kit.ready()
  const told = { level: 'warn', fields: plain({ error }), message: /could not be looked up/ }
  t.match(restarted.log.slice(-1), [told])
  t.equal((await restarted.ask('POST', '/api/global/countries', { headers, json: {} })).status, 402)
  t.match(errors(restarted), [{ fields: { plan: 'gold' } }])
})

t.test('no request waits for the question, and the storage is not let go of before its answer', async t => {
  const { storage, calls, headers, replace } = await soldPlans()
  const answer = Promise.withResolvers<[]>()
  replace('workspaces.plansInUse', () => answer.promise)
  const restarted = installation({}, () => storage)
  t.equal((await restarted.ask('POST', '/api/global/countries', { headers, json: {} })).status, 402)
  const closed = restarted.kit.close()
  await setTimeout(20)
  t.notOk(calls.includes('close'))
  answer.resolve([])
  await closed
  t.ok(calls.includes('close'))
})

t.test('while the storage is away a start fails as it does, and asks once it is there', async t => {
  const { storage, calls, replace, restore } = await soldPlans()
  const away = new StorageUnavailableError('No PostgreSQL answers.')
  replace('ready', () => Promise.reject(away))
  const restarted = installation({}, () => storage)
  await t.rejects(restarted.kit.ready(), away)
  t.notOk(calls.includes('workspaces.plansInUse'))
  t.strictSame(errors(restarted), [])
  restore('ready')
  await restarted.kit.ready()
  t.match(errors(restarted), [{ fields: { plans: [{ plan: 'gold' }, { plan: 'silver' }] } }])
})
