import { memory } from '@xwms/storage-memory'
import t from 'tap'
import { builtInAccounts } from '../../src/accounts/built-in.ts'
import { hashPassword } from '../../src/lib/password.ts'
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

t.test('a flood of guesses is turned away, and whoever waits already is served', async t => {
  const accounts = await accountsWith({})
  const attempts = await Promise.allSettled(
    Array.from({ length: 60 }, () => accounts.signIn('ada@example.com', 'wrong')),
  )
  const turnedAway = attempts.filter(({ status }) => status === 'rejected')
  t.ok(turnedAway.length > 0, `${turnedAway.length} of 60`)
  t.ok(turnedAway.length < 60)
  for (const attempt of turnedAway)
    t.match(attempt, { reason: { status: 503, code: 'too_busy', headers: { 'retry-after': '5' } } })
  t.equal((await accounts.signIn('ada@example.com', PASSWORD))?.sub, USER.sub, 'and then there is room again')
})

t.test('a person is found by sub, disabled or not: who asks decides', async t => {
  const accounts = await accountsWith({ disabledAt: NOW })
  t.match(await accounts.find(USER.sub), { sub: USER.sub, disabledAt: NOW })
  t.equal(await accounts.find('2'), undefined)
})

t.test('a flood of guesses is told to come again, and afterwards it goes on', async t => {
  const accounts = builtInAccounts(memory())
  // The first looks at the queue before the others are in it, so they come one after the other.
  const guesses: Promise<unknown>[] = []
  for (let number = 0; number < 30; number++) {
    guesses.push(accounts.signIn(`ann${number}@example.com`, 'a guess').catch(error => error))
    await new Promise(resolve => setImmediate(resolve))
  }
  const refused = (await Promise.all(guesses)).filter(outcome => outcome !== undefined)
  t.ok(refused.length >= 8 && refused.length <= 12, `${refused.length} of 30 were refused`)
  for (const outcome of refused)
    t.match(outcome, { status: 503, code: 'too_busy', headers: { 'retry-after': '5' } })
  t.equal(await accounts.signIn('ann@example.com', 'a guess'), undefined)
})
