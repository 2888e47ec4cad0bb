import { memory } from '@xwms/storage-memory'
import t from 'tap'
import { createEventRecorder } from '../../src/context/workspace-events.ts'
import type { WorkspaceEvent } from '../../src/model/workspace-event.ts'

const given = {
  at: new Date('2026-03-14T15:09:26Z'),
  workspaceId: 'workspace',
  clientId: undefined,
  type: 'usage.allowance' as const,
  key: 'allowance 80 2026-03',
  message: 'Four fifths are used.',
  data: { percent: 80 },
}

function recorder(
  onEvent: ((event: WorkspaceEvent) => void | Promise<void>) | undefined,
  storage = memory(),
) {
  const errors: object[] = []
  const quiet = () => {}
  const logger = { debug: quiet, info: quiet, warn: quiet, error: (facts: object) => errors.push(facts) }
  return { ...createEventRecorder({ storage, onEvent, logger }), storage, errors }
}

t.test('the host hears of an event once, from the process that recorded it', async t => {
  const storage = memory()
  const [here, there]: [WorkspaceEvent[], WorkspaceEvent[]] = [[], []]
  const [one, two] = [
    recorder(event => void here.push(event), storage),
    recorder(event => void there.push(event), storage),
  ]
  await Promise.all([one.record(given), two.record(given), one.record(given)])
  t.equal(here.length + there.length, 1)
  t.strictSame(await storage.workspaceEvents.list({ workspaceId: 'workspace', limit: 10 }), [
    ...here,
    ...there,
  ])
})

t.test('without a host who listens events are recorded all the same', async t => {
  const { record, storage } = recorder(undefined)
  await record(given)
  t.match(await storage.workspaceEvents.list({ workspaceId: 'workspace', limit: 10 }), [given])
})

for (const [how, fail] of [
  [
    'throws',
    () => {
      throw new Error('host')
    },
  ],
  ['rejects', () => Promise.reject(new Error('host'))],
] as const) {
  t.test(`a host's function that ${how} is logged, and disturbs nobody`, async t => {
    const { record, storage, errors } = recorder(fail)
    await t.resolves(record(given))
    t.match(errors, [{ error: { message: 'host' }, type: 'usage.allowance', workspaceId: 'workspace' }])
    t.equal((await storage.workspaceEvents.list({ workspaceId: 'workspace', limit: 10 })).length, 1)
  })
}

t.test('an event that could not be recorded is told to whoever wanted it recorded', async t => {
  const storage = memory()
  const away = new Error('away')
  const { record } = recorder(undefined, {
    ...storage,
    workspaceEvents: { ...storage.workspaceEvents, record: () => Promise.reject(away) },
  })
  await t.rejects(record(given), away)
})
