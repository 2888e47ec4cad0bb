import t from 'tap'
import { sha256 } from '../../src/lib/hash.ts'
import { isS256Challenge, verifierProblem } from '../../src/oauth/pkce.ts'

// RFC 7636, appendix B.
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

t.test('a verifier belongs to the challenge that is its SHA-256', async t => {
  t.equal(verifierProblem(VERIFIER, CHALLENGE), undefined)
  for (const verifier of ['a'.repeat(43), 'a'.repeat(128), `${'~._-'.repeat(11)}`])
    t.equal(verifierProblem(verifier, sha256(verifier)), undefined, verifier)
})

t.test('any other verifier does not', async t => {
  const table: [verifier: string, challenge: string][] = [
    [`${VERIFIER.slice(0, -1)}l`, CHALLENGE],
    [VERIFIER.toLowerCase(), CHALLENGE],
    [VERIFIER, CHALLENGE.toLowerCase()],
    [VERIFIER, `${CHALLENGE}=`],
    [VERIFIER, ''],
    // The plain method: the verifier is the challenge.
    [CHALLENGE, CHALLENGE],
    [VERIFIER, VERIFIER],
  ]
  for (const [verifier, challenge] of table)
    t.match(verifierProblem(verifier, challenge), /does not belong/, `${verifier} ${challenge}`)
})

t.test(
  'a verifier has 43 to 128 unreserved characters, even where its hash would match, and is told so',
  async t => {
    const bad = [
      '',
      'a',
      'a'.repeat(42),
      'a'.repeat(129),
      `${'a'.repeat(43)}+`,
      `${'a'.repeat(43)} `,
      ` ${VERIFIER}`,
      `ü${'a'.repeat(43)}`,
      `${'a'.repeat(43)}\n`,
    ]
    for (const verifier of bad)
      t.match(verifierProblem(verifier, sha256(verifier)), /43 to 128 characters/, JSON.stringify(verifier))
    t.equal(verifierProblem(undefined, CHALLENGE), 'Send the code_verifier.')
  },
)

t.test('a challenge is 43 base64url characters', async t => {
  t.ok(isS256Challenge(CHALLENGE))
  const bad = [
    '',
    'a',
    CHALLENGE.slice(1),
    `${CHALLENGE}A`,
    `${CHALLENGE}=`,
    CHALLENGE.replace('-', '+'),
    `${CHALLENGE.slice(1)}\n`,
  ]
  for (const challenge of bad) t.notOk(isS256Challenge(challenge), JSON.stringify(challenge))
})
