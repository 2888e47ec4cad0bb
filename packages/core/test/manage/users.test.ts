import t from 'tap'
import { verifyPassword } from '../../src/lib/password.ts'
import { createUser, findUser } from '../../src/manage/users.ts'
import { environment, NOW, refusal } from './environment.ts'

t.test('a user is stored with a lower-case address and a hashed password', async t => {
  const env = environment()
  const user = await createUser(env, { email: ' Ann@Example.com', password: 'correct horse' })
  t.match(user, { email: 'ann@example.com', name: 'ann', emailVerified: false, test: false, createdAt: NOW })
  t.match(user.sub, /^[1-9]\d{0,15}$/)
  t.ok(await verifyPassword('correct horse', user.passwordHash))
  t.same(await env.storage.users.find(user.sub), user)
})

t.test('a user without a password cannot sign in with one', async t => {
  const user = await createUser(environment(), { email: 'ann@example.com' })
  t.equal(user.passwordHash, undefined)
})

t.test('the name comes from the given and family names, where those are all there is', async t => {
  const names = { givenName: 'Ann', familyName: 'Smith' }
  const user = await createUser(environment(), { email: 'ann@example.com', ...names })
  t.match(user, { name: 'Ann Smith', ...names })
})

t.test('the rest of a profile is kept as given', async t => {
  const profile = {
    name: 'Ann',
    emailVerified: true,
    test: true,
    picture: 'https://example.com/ann.png',
    birthDate: '1990-12-31',
    gender: 'female' as const,
    secondEmail: 'ann@example.org',
    phoneNumber: '+31201234567',
    country: 'NL',
    socials: [{ platform: 'github', username: 'ann', url: 'https://github.com/ann' }],
  }
  t.match(await createUser(environment(), { email: 'ann@example.com', ...profile }), profile)
})

t.test('every bad field is named at once', async t => {
  const attempt = createUser(environment(), {
    email: 'ann',
    password: 'short',
    name: ' ',
    picture: 'javascript:alert(1)',
    birthDate: '1990-02-31',
    country: 'nl',
    phoneNumber: '020-1234567',
  })
  const { code, fields, message } = await refusal(attempt)
  t.equal(code, 'invalid_input')
  t.same(Object.keys(fields).sort(), [
    'birthDate',
    'country',
    'email',
    'name',
    'password',
    'phoneNumber',
    'picture',
  ])
  t.match(message, 'password must have at least 8 characters')
  t.notMatch(message, 'short', 'a refused password is not repeated')
})

t.test('a password has 8 to 256 characters, counted as people count them', async t => {
  const lengths = { 7: false, 8: true, 256: true, 257: false }
  for (const [length, allowed] of Object.entries(lengths)) {
    // A bad address stops what is allowed before anything is hashed.
    const password = '🐎'.repeat(Number(length))
    const { fields } = await refusal(createUser(environment(), { email: '', password }))
    t.equal(fields.password === undefined, allowed, `${length} characters`)
  }
})

t.test('a name cannot pass for another one', async t => {
  for (const name of ['Ann\nAdmin', 'Ann\u202Enimda', 'Ann\u0000', 'x'.repeat(101)]) {
    const { fields } = await refusal(createUser(environment(), { email: 'ann@example.com', name }))
    t.ok(fields.name, JSON.stringify(name))
  }
})

t.test('what is not known is refused', async t => {
  const input = { email: 'ann@example.com', admin: true }
  t.match(await refusal(createUser(environment(), input)), { fields: { admin: /not known/ } })
})

t.test('an address has one user', async t => {
  const env = environment()
  await createUser(env, { email: 'ann@example.com' })
  t.match(await refusal(createUser(env, { email: 'ANN@example.com' })), {
    code: 'email_taken',
    fields: { email: 'is taken' },
  })
})

t.test('a sub that is taken is drawn again', async t => {
  const env = environment()
  const tried: string[] = []
  const users: typeof env.storage.users = {
    ...env.storage.users,
    async create(user, audit) {
      tried.push(user.sub)
      t.equal(audit.target, user.sub)
      return tried.length < 3 ? { outcome: 'sub_taken' } : env.storage.users.create(user, audit)
    },
  }
  const user = await createUser({ ...env, storage: { ...env.storage, users } }, { email: 'ann@example.com' })
  t.equal(tried.length, 3)
  t.equal(new Set(tried).size, 3)
  t.equal(user.sub, tried[2])
  const never: typeof users = { ...users, create: async () => ({ outcome: 'sub_taken' }) }
  const attempt = createUser(
    { ...env, storage: { ...env.storage, users: never } },
    { email: 'b@example.com' },
  )
  await t.rejects(attempt, { message: /No free sub/ })
})

t.test('the audit tells of the user without password, hash or personal details', async t => {
  const env = environment()
  const entries: unknown[] = []
  const users: typeof env.storage.users = {
    ...env.storage.users,
    async create(user, audit) {
      entries.push(audit)
      return env.storage.users.create(user, audit)
    },
  }
  const user = await createUser(
    { ...env, storage: { ...env.storage, users } },
    { email: 'ann@example.com', password: 'correct horse', birthDate: '1990-12-31' },
  )
  t.match(entries, [
    {
      id: /^aud_/,
      at: NOW,
      actor: 'test',
      ip: '192.0.2.1',
      action: 'user.created',
      target: user.sub,
      workspaceId: undefined,
      before: undefined,
    },
  ])
  const { after } = entries[0] as { after: object }
  t.same(after, {
    sub: user.sub,
    email: 'ann@example.com',
    emailVerified: false,
    name: 'ann',
    test: false,
  })
})

t.test('a user is found by address, in any case, and by sub', async t => {
  const env = environment()
  const { sub } = await createUser(env, { email: 'ann@example.com' })
  t.equal((await findUser(env.storage.users, 'Ann@Example.com'))?.sub, sub)
  t.equal((await findUser(env.storage.users, sub))?.sub, sub)
  t.equal(await findUser(env.storage.users, 'bob@example.com'), undefined)
  t.equal(await findUser(env.storage.users, 'nobody'), undefined)
})
