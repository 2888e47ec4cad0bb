import t from 'tap'
import { randomId, randomSub, randomToken } from '../../src/lib/random.ts'

const DRAWS = 4000

t.test('a token is 256 random bits as base64url', async t => {
  const tokens = Array.from({ length: DRAWS }, randomToken)
  t.ok(tokens.every(token => /^[\w-]{43}$/.test(token)))
  t.ok(tokens.every(token => Buffer.from(token, 'base64url').length === 32))
  t.equal(new Set(tokens).size, DRAWS)
})

t.test('every bit of a token is as often set as not', async t => {
  const counts = new Array<number>(256).fill(0)
  for (let draw = 0; draw < DRAWS; draw++) {
    const bytes = Buffer.from(randomToken(), 'base64url')
    for (let bit = 0; bit < 256; bit++)
      counts[bit] = (counts[bit] as number) + (((bytes[bit >> 3] as number) >> (bit & 7)) & 1)
  }
  // Seven standard deviations: a fair generator fails this once in a thousand million runs.
  const tolerance = (7 * Math.sqrt(DRAWS)) / 2
  const unfair = counts.filter(count => Math.abs(count - DRAWS / 2) > tolerance)
  t.strictSame(unfair, [])
})

t.test('an id is its prefix and 120 random bits', async t => {
  const ids = Array.from({ length: DRAWS }, () => randomId('cl'))
  t.ok(ids.every(id => /^cl_[\w-]{20}$/.test(id)))
  t.equal(new Set(ids).size, DRAWS)
  t.equal(Buffer.from(ids[0]?.slice(3) ?? '', 'base64url').length, 15)
})

t.test('a sub is an integer from 1 to 2^53 − 1, which survives being sent as a JSON number', async t => {
  for (let draw = 0; draw < DRAWS; draw++) {
    const sub = randomSub()
    const sent = Number(sub)
    if (/^[1-9]\d{0,15}$/.test(sub) && Number.isSafeInteger(sent) && String(sent) === sub) continue
    t.fail(sub)
  }
  t.pass(`${DRAWS} of them`)
})

t.test('a sub comes from the whole range, evenly, and in no sequence', async t => {
  const subs = Array.from({ length: DRAWS }, () => Number(randomSub()))
  t.equal(new Set(subs).size, DRAWS)

  const sixteenths = new Array<number>(16).fill(0)
  for (const sub of subs) {
    const sixteenth = Math.floor(sub / 2 ** 49)
    sixteenths[sixteenth] = (sixteenths[sixteenth] as number) + 1
  }
  const expected = DRAWS / 16
  const tolerance = 7 * Math.sqrt(expected)
  t.strictSame(
    sixteenths.filter(count => Math.abs(count - expected) > tolerance),
    [],
    'as many in each sixteenth of the range',
  )

  // Both halves of which it is put together vary down to their last bit.
  for (const divisor of [1, 2 ** 26, 2 ** 27, 2 ** 52]) {
    const odd = subs.filter(sub => Math.floor(sub / divisor) % 2 === 1).length
    t.ok(
      Math.abs(odd - DRAWS / 2) < (7 * Math.sqrt(DRAWS)) / 2,
      `the bit of ${divisor} is set in half of them`,
    )
  }

  const rising = subs.filter((sub, index) => index > 0 && sub > (subs[index - 1] as number)).length
  t.ok(
    Math.abs(rising - DRAWS / 2) < 7 * Math.sqrt(DRAWS / 12),
    'half of them are greater than the one before',
  )
})
