import pg from 'pg'
import t from 'tap'
import { guarded, openDatabase } from '../src/database.ts'
import { settingsFrom } from '../src/options.ts'

t.test('a method that lost a race is repeated, a few times', async t => {
  const database = openDatabase(settingsFrom('postgres://localhost/nowhere'))
  t.teardown(() => database.close())
  const deadlock = () =>
    Object.assign(new pg.DatabaseError('deadlock detected', 1, 'error'), { code: '40P01' })
  let calls = 0
  const repository = guarded(database, {
    async winsAtLast(racers: number) {
      calls += 1
      if (calls < racers) throw deadlock()
      return calls
    },
    async neverWins() {
      calls += 1
      throw deadlock()
    },
    async fails() {
      calls += 1
      throw new TypeError('a mistake')
    },
  })
  t.equal(await repository.winsAtLast(3), 3)
  calls = 0
  await t.rejects(repository.neverWins(), { code: '40P01' })
  t.equal(calls, 5)
  calls = 0
  await t.rejects(repository.fails(), TypeError)
  t.equal(calls, 1)
})
