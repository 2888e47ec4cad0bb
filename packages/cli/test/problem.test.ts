import { InputError } from '@xwms/core'
import t from 'tap'
import { describeProblem } from '../src/problem.ts'

t.test('what has to be given differently is told from what may do the next time', async t => {
  const refused = describeProblem(new InputError('host_taken', 'The client has it.', { host: 'is taken' }))
  t.strictSame(refused, {
    exitCode: 2,
    code: 'host_taken',
    message: 'The client has it.',
    options: [{ option: '--host', problem: 'is taken' }],
  })
  for (const code of ['changed_meanwhile', 'keys_changed'])
    t.strictSame(describeProblem(new InputError(code, 'Others were quicker.\nTry again.')), {
      exitCode: 1,
      code,
      message: 'Others were quicker. Try again.',
      options: [],
    })
})
