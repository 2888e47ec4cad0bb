import t from 'tap'
import { isJsonObject, parseJson } from '../../src/lib/json.ts'

t.test('JSON is read, and what is none is undefined', async t => {
  t.strictSame(parseJson('{"a":[1,null]}'), { a: [1, null] })
  t.equal(parseJson('null'), null)
  for (const text of ['', '{', "{'a':1}", 'undefined', '\0']) t.equal(parseJson(text), undefined, text)
})

t.test('what is nested too deep to be meant is none', async t => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
  t.ok(parseJson(nested(32)))
  t.equal(parseJson(nested(34)), undefined)
  t.equal(parseJson(nested(100_000)), undefined)
  t.equal(parseJson(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`), undefined)
})

t.test('an object is neither a list nor null', async t => {
  t.ok(isJsonObject({}))
  for (const value of [[], null, undefined, 'a', 1]) t.notOk(isJsonObject(value))
})
