import t from 'tap'
import { parseUserCode, showUserCode, USER_CODE_LENGTH, USER_CODE_LETTERS } from '../../src/lib/user-code.ts'

t.test('a code is taken as people type it', async t => {
  for (const typed of [
    'BCDFGHJK',
    'BCDF-GHJK',
    'bcdf-ghjk',
    ' bcdf ghjk ',
    'b c d f g h j k',
    'BCDF–GHJK',
    'BCDF.GHJK',
    'BCDF_GHJK\n',
  ]) {
    t.equal(parseUserCode(typed), 'BCDFGHJK', JSON.stringify(typed))
  }
})

t.test('what is no code is none', async t => {
  for (const typed of ['', 'BCDFGHJ', 'BCDFGHJKL', 'ABCDFGHJ', 'BCDFGHJ1', 'BCDFGHJÄ', '-'.repeat(100_000)]) {
    t.equal(parseUserCode(typed), undefined, JSON.stringify(typed.slice(0, 20)))
  }
})

t.test('a code is shown in two halves', async t => {
  t.equal(showUserCode('BCDFGHJK'), 'BCDF-GHJK')
  t.equal(parseUserCode(showUserCode('XZWVTSRQ')), 'XZWVTSRQ')
})

t.test('the letters are distinct, upper-case and no vowels', async t => {
  t.match(USER_CODE_LETTERS, /^[B-DF-HJ-NP-TV-XZ]+$/)
  t.equal(new Set(USER_CODE_LETTERS).size, 20)
  t.equal(USER_CODE_LENGTH, 8)
})
