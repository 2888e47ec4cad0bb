import t from 'tap'
import { changeStored } from '../../src/context/change-stored.ts'
import { InputError } from '../../src/errors.ts'
import type { UpdateOutcome } from '../../src/storage/update.ts'

/** A number that is stored, and what else happens to it before each attempt to write it. */
function stored(quicker: readonly (number | undefined)[] = []) {
  let value: number | undefined = 0
  const written: [before: number, after: number][] = []
  const turns = [...quicker]
  return {
    written,
    value: () => value,
    steps: {
      kind: 'number',
      async read() {
        if (value === undefined) throw new InputError('number_not_found', 'There is no number.')
        return value
      },
      change: (before: number) => before + 1,
      async write(before: number, after: number): Promise<UpdateOutcome> {
        if (turns.length > 0) value = turns.shift()
        if (value === undefined) return { outcome: 'not_found' }
        if (value !== before) return { outcome: 'outdated' }
        written.push([before, after])
        value = after
        return { outcome: 'updated' }
      },
    },
  }
}

t.test('a change is made to what is there, and both sides are told', async t => {
  const { steps, value } = stored()
  t.strictSame(await changeStored(steps), { before: 0, after: 1 })
  t.equal(value(), 1)
})

t.test('whoever was overtaken makes the same change to what it has become', async t => {
  const { steps, written } = stored([10, 20])
  t.strictSame(await changeStored(steps), { before: 20, after: 21 })
  t.strictSame(written, [[20, 21]])
})

t.test('what is refused of what it has become is not written', async t => {
  const { steps, written, value } = stored([10])
  const change = (before: number) => {
    if (before >= 10) throw new InputError('invalid_input', 'It is too large.')
    return before + 1
  }
  await t.rejects(changeStored({ ...steps, change }), { code: 'invalid_input' })
  t.strictSame(written, [])
  t.equal(value(), 10)
})

t.test('of what is gone meanwhile whoever reads it tells', async t => {
  const { steps, written } = stored([undefined])
  await t.rejects(changeStored(steps), { code: 'number_not_found' })
  t.strictSame(written, [])
})

t.test('what stays as it is is not written', async t => {
  const { steps, written } = stored()
  t.strictSame(await changeStored({ ...steps, change: before => before }), { before: 0, after: 0 })
  t.strictSame(written, [])
})

t.test('it ends where others are quicker each time', async t => {
  const enough = Array.from({ length: 100 }, (_, index) => index + 1)
  const { steps, written } = stored(enough)
  await t.rejects(
    changeStored(steps),
    new InputError(
      'changed_meanwhile',
      'Others keep changing the number at this moment, and each was quicker. See what it is now, and try again.',
    ),
  )
  t.strictSame(written, [])
  t.strictSame(await changeStored(stored(enough.slice(0, 49)).steps), { before: 49, after: 50 })
})
