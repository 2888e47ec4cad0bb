import t from 'tap'
import { ACR_VALUES, acrOf } from '../../../src/context/sign-in/acr.ts'

t.test('a password reaches its class, and an unknown method none', async t => {
  t.equal(acrOf(['pwd']), 'urn:xwms:acr:password')
  t.equal(acrOf([]), undefined)
  t.equal(acrOf(['unknown']), undefined)
  t.ok(ACR_VALUES.includes(acrOf(['pwd']) as (typeof ACR_VALUES)[number]))
})
