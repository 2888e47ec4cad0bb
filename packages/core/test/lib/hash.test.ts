import { createHash } from 'node:crypto'
import t from 'tap'
import { constantTimeEqual, sha256 } from '../../src/lib/hash.ts'

t.test('sha256 is the SHA-256 of the UTF-8 bytes, as base64url without padding', async t => {
  // RFC 7636, appendix B.
  t.equal(
    sha256('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'),
    'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  )
  for (const text of ['', 'a', 'ü', '🔑', 'x'.repeat(1000)]) {
    const hash = sha256(text)
    t.equal(hash, createHash('sha256').update(text, 'utf8').digest('base64url'), JSON.stringify(text))
    t.match(hash, /^[\w-]{43}$/)
  }
})

t.test('constantTimeEqual agrees with === on every pair', async t => {
  const hash = sha256('secret')
  const texts = [
    '',
    '\0',
    '\0\0',
    'a',
    'a\0',
    'ab',
    'ba',
    'aa',
    'A',
    hash,
    hash.slice(0, -1),
    `${hash}A`,
    `A${hash.slice(1)}`,
    `${hash.slice(0, -1)}!`,
    'ü',
    'u\u0308',
    'ŀ', // U+0140, whose low byte is that of @
    '@',
    '🔑',
    '🔒',
    '\ud83d',
  ]
  for (const given of texts)
    for (const expected of texts)
      t.equal(
        constantTimeEqual(given, expected),
        given === expected,
        `${JSON.stringify(given)} and ${JSON.stringify(expected)}`,
      )
})
