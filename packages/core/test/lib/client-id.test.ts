import t from 'tap'
import { isClientId } from '../../src/lib/client-id.ts'

t.test('a client id is up to 128 characters of printable ASCII without spaces', async t => {
  for (const text of ['x', 'cl_AbC-9', '!~', 'x'.repeat(128)]) t.equal(isClientId(text), true, text)
  for (const text of ['', ' ', 'a b', 'a\n', '\0', 'ü', 'x'.repeat(129)])
    t.equal(isClientId(text), false, JSON.stringify(text))
})
