import { scryptSync } from 'node:crypto'
import { memory } from '@xwms/storage-memory'
import t from 'tap'
import { builtInAccounts } from '../../src/accounts/built-in.ts'
import { hashPassword, needsRehash } from '../../src/lib/password.ts'
import type { User } from '../../src/model/user.ts'
import { AUDIT, USER } from '../context/surroundings.ts'
import { NOW, PASSWORD } from '../installation.ts'

const passwordHash = await hashPassword(PASSWORD)

async function accountsWith(...users: Partial<User>[]) {
  const storage = memory()
  for (const user of users) await storage.users.create({ ...USER, passwordHash, ...user }, AUDIT)
  return builtInAccounts(storage)
}

t.test('a person signs in with address and password, in whatever case the address is typed', async t => {
  const accounts = await accountsWith({})
  for (const login of ['ada@example.com', ' Ada@Example.COM '])
    t.equal((await accounts.signIn(login, PASSWORD))?.sub, USER.sub, login)
})

t.test('nobody else does', async t => {
  const accounts = await accountsWith(
    {},
    { sub: '2', email: 'disabled@example.com', disabledAt: NOW },
    { sub: '3', email: 'nopassword@example.com', passwordHash: undefined },
  )
  const table: [login: string, password: string][] = [
    ['ada@example.com', 'wrong'],
    ['ada@example.com', ''],
    ['nobody@example.com', PASSWORD],
    ['', PASSWORD],
    [USER.sub, PASSWORD],
    ['disabled@example.com', PASSWORD],
    ['nopassword@example.com', PASSWORD],
    ['nopassword@example.com', ''],
  ]
  for (const [login, password] of table)
    t.equal(await accounts.signIn(login, password), undefined, `${login} ${password}`)
})

t.test('a hash of weaker parameters is made anew at the sign-in', async t => {
  const salt = Buffer.alloc(16, 7)
  const hash = scryptSync(PASSWORD, salt, 32, { N: 2 ** 10, r: 8, p: 1 })
  const base64 = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
  const weak = `$scrypt$ln=10,r=8,p=1$${base64(salt)}$${base64(hash)}`
  const storage = memory()
  await storage.users.create({ ...USER, passwordHash: weak }, AUDIT)
  const accounts = builtInAccounts(storage)
  const stored = async () => (await storage.users.find(USER.sub))?.passwordHash ?? ''
  t.equal(await accounts.signIn('ada@example.com', 'wrong'), undefined)
  t.equal(await stored(), weak)
  t.equal((await accounts.signIn('ada@example.com', PASSWORD))?.sub, USER.sub)
  const renewed = await stored()
  t.equal(needsRehash(renewed), false)
  t.equal((await accounts.signIn('ada@example.com', PASSWORD))?.sub, USER.sub)
  t.equal(await stored(), renewed, 'once')
})

t.test('an unknown login takes the time of a wrong password', async t => {
  const accounts = await accountsWith({})
  const time = async (login: string) => {
    const start = performance.now()
    await accounts.signIn(login, 'wrong')
    return performance.now() - start
  }
  const known = await time('ada@example.com')
  const unknown = await time('nobody@example.com')
  // Without the hashing it would be less than a hundredth.
  t.ok(unknown > known / 10, `${unknown} ms for an unknown login, ${known} ms for a known one`)
})

t.test('a person is found by sub, disabled or not: who asks decides', async t => {
  const accounts = await accountsWith({ disabledAt: NOW })
  t.match(await accounts.find(USER.sub), { sub: USER.sub, disabledAt: NOW })
  t.equal(await accounts.find('2'), undefined)
})

t.test(
  'a burst of guesses is turned away, known logins and unknown ones, and afterwards it goes on',
  async t => {
    const accounts = await accountsWith({})
    const guesses = Array.from({ length: 60 }, (_, number) =>
      accounts.signIn(number % 2 === 0 ? 'ada@example.com' : `nobody${number}@example.com`, 'a guess'),
    )
    const refused = (await Promise.allSettled(guesses)).filter(({ status }) => status === 'rejected')
    // Two are hashed at a time and sixteen wait.
    t.ok(refused.length >= 40 && refused.length <= 44, `${refused.length} of 60 were refused`)
    for (const outcome of refused)
      t.match(outcome, { reason: { status: 503, code: 'too_busy', headers: { 'retry-after': '5' } } })
    t.equal((await accounts.signIn('ada@example.com', PASSWORD))?.sub, USER.sub)
  },
)
