import t from 'tap'
import { DEFAULT_PLANS } from '../../../src/config/defaults.ts'
import { WorkspacePlans } from '../../../src/context/billing/workspace-plans.ts'
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
