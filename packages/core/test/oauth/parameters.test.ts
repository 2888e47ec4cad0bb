import t from 'tap'
import { readParameters } from '../../src/oauth/parameters.ts'

t.test('parameters are read by name, and an empty one is absent', async t => {
  const parameters = readParameters(new URLSearchParams('client_id=cl_1&state=&scope=a+b&x=%C3%BC'))
  t.strictSame({ ...parameters }, { client_id: 'cl_1', scope: 'a b', x: 'ü' })
})

t.test('a parameter that is sent twice is refused, whichever it is, even with the same value', async t => {
  for (const query of ['client_id=1&client_id=1', 'state=1&a=2&state=3', 'unknown=1&unknown=2']) {
    const [name] = query.split('=')
    t.throws(
      () => readParameters(new URLSearchParams(query)),
      { status: 400, code: 'invalid_request', message: `Send ${name} once only.` },
      query,
    )
  }
  t.throws(() => readParameters(new URLSearchParams('a=1&a=2&b=1&b=2')), { message: 'Send a, b once only.' })
})

t.test('one that is empty does not count as sent', async t => {
  t.equal(readParameters(new URLSearchParams('state=&state=x')).state, 'x')
})

t.test('several resources may be named', async t => {
  t.doesNotThrow(() => readParameters(new URLSearchParams('resource=https://a&resource=https://b')))
})

t.test('names that every object has are only names', async t => {
  const parameters = readParameters(new URLSearchParams('__proto__=x&constructor=y'))
  t.equal(parameters.toString, undefined)
  t.equal(parameters.constructor, 'y')
  t.equal(Object.getPrototypeOf({}).x, undefined)
  t.doesNotThrow(() => readParameters(new URLSearchParams('toString=1&valueOf=2')))
})

t.test('a refusal repeats no more than a line of what was sent', async t => {
  const name = 'n'.repeat(10_000)
  try {
    readParameters(new URLSearchParams(`${name}=1&${name}=2`))
    t.fail()
  } catch (error) {
    t.ok((error as Error).message.length < 300)
  }
})

t.test('U+0000 is in no parameter', async t => {
  for (const value of ['\0', 'state\0', '\0nonce'])
    t.throws(() => readParameters(new URLSearchParams({ state: value })), { code: 'invalid_request' })
})
