import { type Suite, tally } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

export const users: Suite = {
  name: 'users',
  async run(t, { storage, elsewhere, race }) {
    await t.test('a user comes back as it went in, by sub and by email', async t => {
      const user = fixtures.user({ disabledAt: fixtures.later(1), passwordHash: '$scrypt$ln=16' })
      t.strictSame(await storage.users.create(user, fixtures.audit()), { outcome: 'created' })
      t.strictSame(await elsewhere.users.find(user.sub), user)
      t.strictSame(await elsewhere.users.findByEmail(user.email), user)
    })

    await t.test('absent fields come back absent', async t => {
      const user = fixtures.user({
        givenName: undefined,
        familyName: undefined,
        gender: undefined,
        socials: [],
      })
      await storage.users.create(user, fixtures.audit())
      t.strictSame(await storage.users.find(user.sub), user)
    })

    await t.test('the smallest and the largest sub are as good as any', async t => {
      for (const sub of ['1', '9007199254740991']) {
        const user = fixtures.user({ sub })
        await storage.users.create(user, fixtures.audit())
        t.equal((await storage.users.find(sub))?.sub, sub)
      }
    })

    await t.test('nobody is found by a sub or an email that nobody has', async t => {
      t.equal(await storage.users.find(fixtures.sub()), undefined)
      t.equal(await storage.users.find('not a number'), undefined)
      t.equal(await storage.users.findByEmail('nobody@example.com'), undefined)
    })

    await t.test('a taken email is told from a taken sub, and neither changes anything', async t => {
      const user = fixtures.user()
      await storage.users.create(user, fixtures.audit())
      const sameEmail = fixtures.user({ email: user.email })
      const sameSub = fixtures.user({ sub: user.sub })
      t.strictSame(await storage.users.create(sameEmail, fixtures.audit()), { outcome: 'email_taken' })
      t.strictSame(await storage.users.create(sameSub, fixtures.audit()), { outcome: 'sub_taken' })
      t.strictSame(await storage.users.find(user.sub), user)
      t.equal(await storage.users.find(sameEmail.sub), undefined)
      t.equal(await storage.users.findByEmail(sameSub.email), undefined)
    })

    await t.test('a hash is made anew only if it is still the one that was checked', async t => {
      const user = fixtures.user({ passwordHash: '$scrypt$ln=10' })
      await storage.users.create(user, fixtures.audit())
      await elsewhere.users.rehash(user.sub, '$scrypt$ln=9', '$scrypt$ln=15')
      t.strictSame(await storage.users.find(user.sub), user)
      await elsewhere.users.rehash(user.sub, '$scrypt$ln=10', '$scrypt$ln=15')
      t.strictSame(await storage.users.find(user.sub), { ...user, passwordHash: '$scrypt$ln=15' })
      await storage.users.rehash(fixtures.sub(), '$scrypt$ln=15', '$scrypt$ln=16')
      t.strictSame(await storage.users.find(user.sub), { ...user, passwordHash: '$scrypt$ln=15' })
    })

    await t.test('of registrations with one email that race, one succeeds', async t => {
      const email = 'racer@example.com'
      const results = await race(20, storage =>
        storage.users.create(fixtures.user({ email }), fixtures.audit({ workspaceId: 'race' })),
      )
      t.strictSame(tally(results), { created: 1, email_taken: 19 })
      t.equal((await storage.audit.list('race', 100)).length, 1, 'only the one that succeeded is audited')
    })

    await t.test('what a caller does to an object afterwards changes nothing that is stored', async t => {
      const user = fixtures.user()
      const socials = [...user.socials]
      const given = { ...user, socials }
      await storage.users.create(given, fixtures.audit())
      socials.pop()
      const found = await storage.users.find(user.sub)
      Object.assign(found ?? {}, { name: 'changed' })
      found?.updatedAt.setTime(0)
      t.strictSame(await storage.users.find(user.sub), user)
    })
  },
}
