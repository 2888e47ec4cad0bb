import t from 'tap'
import type { MeteredAdmission } from '../../src/context/context.ts'
import { Gathering } from '../../src/usage/gathering.ts'
import { event, WORKSPACE } from './metering.ts'

const ADMISSION: MeteredAdmission = {
  workspace: WORKSPACE,
  place: { month: undefined, priceNanoEuro: 0, turn: 0 },
}

function gathering() {
  const told: string[] = []
  const gathering = new Gathering()
  const add = (number: number, isWaitedFor: boolean) =>
    gathering.add(
      event(number),
      ADMISSION,
      isWaitedFor
        ? { committed: () => told.push(`${number} committed`), failed: () => told.push(`${number} failed`) }
        : undefined,
    )
  return { gathering, add, told }
}

t.test('who waits is told once', async t => {
  const { gathering: all, add, told } = gathering()
  add(1, true)
  add(2, false)
  add(3, true)
  all.release()
  all.release()
  all.fail(new Error('Too late.'))
  t.strictSame(told, ['1 committed', '3 committed'])
})

t.test(
  'whoever comes after others were released, or does not wait, is divided with the right event',
  async t => {
    const { gathering: all, add, told } = gathering()
    add(1, true)
    add(2, false)
    all.release()
    add(3, true)
    add(4, true)
    told.length = 0
    const rest = all.giveAwayAfter(3)
    t.strictSame(
      [all, rest].map(part => part.events.map(({ requestId }) => requestId)),
      [['event-1', 'event-2', 'event-3'], ['event-4']],
    )
    all.release()
    t.strictSame(told, ['3 committed'])
    rest.fail(new Error('In vain.'))
    t.strictSame(told, ['3 committed', '4 failed'])
    t.equal(rest.workspaces.get(WORKSPACE.id), WORKSPACE)
  },
)

t.test('halves', async t => {
  const { gathering: all, add } = gathering()
  for (const number of [1, 2, 3, 4, 5]) add(number, true)
  const [first, second] = all.halves()
  t.equal(first?.events.length, 3)
  t.equal(second?.events.length, 2)
  t.ok(first?.suspicion)
  t.equal(first?.suspicion, second?.suspicion)
})
