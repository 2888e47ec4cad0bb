import t from 'tap'
import { blockSubject, failuresBehind, type Origin, originOf } from '../../../src/context/protection/trial.ts'

t.test('the failures behind a block are those that its rule counted', async t => {
  const network = originOf({ ip: '2001:db8::7' })
  const device = originOf({ ip: '192.0.2.7', device: 'name' })
  const cases: [about: Parameters<typeof blockSubject>[0], origin: Origin, subject: string][] = [
    ['origin', network, 'cl_1'],
    ['pair', network, 'cl_1'],
    ['pair', device, 'hash'],
    ['pair', network, ''],
    ['subject', network, 'hash'],
    ['subject', network, 'with a space: and more'],
    ['pair', network, 'with a space: and more'],
  ]
  for (const [about, { name }, subject] of cases) {
    t.strictSame(failuresBehind(blockSubject(about, 'sign_in', name, subject)), {
      purpose: 'sign_in',
      origin: about === 'subject' ? undefined : name,
      subject: about === 'origin' ? undefined : subject,
    })
  }
})
