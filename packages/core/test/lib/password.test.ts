import { scryptSync } from 'node:crypto'
import t from 'tap'
import { hashPassword, needsRehash, verifyPassword } from '../../src/lib/password.ts'

/** A hash with parameters so small that a test can afford many. */
function cheapHash(password: string, { ln = 4, r = 1, p = 1 } = {}): string {
  const salt = Buffer.alloc(16, 7)
  const hash = scryptSync(password, salt, 32, { N: 2 ** ln, r, p })
  const base64 = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
  return `$scrypt$ln=${ln},r=${r},p=${p}$${base64(salt)}$${base64(hash)}`
}

t.test('a password matches its own hash, however its accents were typed', async t => {
  const phc = await hashPassword('caf\u00E9 au lait')
  t.match(phc, /^\$scrypt\$ln=15,r=8,p=3\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  t.equal(await verifyPassword('cafe\u0301 au lait', phc), true)
  t.equal(await verifyPassword('cafe au lait', phc), false)
  t.equal(needsRehash(phc), false)
})

t.test('a hash is checked with the parameters that it carries, and due for replacement', async t => {
  const phc = cheapHash('correct horse')
  t.equal(await verifyPassword('correct horse', phc), true)
  t.equal(await verifyPassword('wrong horse', phc), false)
  t.equal(needsRehash(phc), true)
  t.equal(needsRehash(cheapHash('correct horse', { ln: 5, r: 8, p: 3 })), true)
})

t.test('the smallest parameters that are taken for a hash work like any others', async t => {
  for (const cost of [
    { ln: 1, r: 1, p: 1 },
    { ln: 1, r: 1, p: 16 },
    { ln: 2, r: 8, p: 16 },
  ])
    t.equal(
      await verifyPassword('correct horse', cheapHash('correct horse', cost)),
      true,
      JSON.stringify(cost),
    )
})

t.test('characters that look different stay different', async t => {
  t.equal(await verifyPassword('area in m2', cheapHash('area in m²')), false)
})

t.test('without a stored hash the same work is done, and nothing matches', async t => {
  const known = await hashPassword('correct horse')
  const time = async (phc: string | undefined) => {
    const start = performance.now()
    t.equal(await verifyPassword('wrong horse', phc), false)
    return performance.now() - start
  }
  const [forKnown, forUnknown] = [await time(known), await time(undefined)]
  t.ok(forUnknown > forKnown / 3, `${forUnknown} ms for an unknown user, ${forKnown} ms for a known one`)
})

t.test('what is no hash of ours, or would take too much memory, matches nothing', async t => {
  const foreign = '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$aGFzaGhhc2hoYXNoaGFzaA'
  const huge = cheapHash('x').replace('ln=4', 'ln=24')
  for (const phc of [foreign, huge]) {
    t.equal(await verifyPassword('x', phc), false)
    t.equal(needsRehash(phc), true)
  }
  for (const phc of ['', 'x', cheapHash('x').replace('p=1', 'p=99'), cheapHash('x').replace('r=1', 'r=0')]) {
    t.equal(needsRehash(phc), true, JSON.stringify(phc))
  }
})
