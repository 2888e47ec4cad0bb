import t from 'tap'
import { userInfo } from '../../src/api/user-info.ts'
import { scene } from './scene.ts'

t.test('user info has every field of the contract', async t => {
  const { approvedUser, call } = scene()
  const { sub } = await approvedUser()
  const { status, body, concerned } = await call(userInfo, {
    sub: Number(sub),
    socials: true,
    redirect_url: 'https://shop.example.com/back',
  })

  t.equal(status, 200)
  t.strictSame(body, {
    status: 'success',
    message: 'User info retrieved successfully.',
    data: {
      user: {
        sub: '9007199254740991',
        name: 'Ada Lovelace',
        given_name: 'Ada',
        family_name: 'Lovelace',
        email: '9007199254740991@example.com',
        email_verified: true,
        picture: 'https://example.com/ada.png',
        birth_date: '1815-12-10',
        gender: 'female',
        second_email: 'countess@example.com',
        country: 'GB',
        socials: [{ platform: 'instagram', username: 'ada', url: 'https://instagram.com/ada' }],
      },
    },
  })
  t.equal(concerned, sub, 'the meter knows whom it was about')
})

t.test('what a user has not said is null', async t => {
  const { approvedUser, call } = scene()
  const { sub } = await approvedUser({
    givenName: undefined,
    familyName: undefined,
    picture: undefined,
    birthDate: undefined,
    gender: undefined,
    secondEmail: undefined,
    country: undefined,
    socials: [],
    emailVerified: false,
  })
  const { body } = await call(userInfo, { sub, socials: true })

  t.match(body.data.user, {
    given_name: null,
    family_name: null,
    email_verified: false,
    picture: null,
    birth_date: null,
    gender: null,
    second_email: null,
    country: null,
    socials: [],
  })
})

t.test('a country that ISO 3166-1 does not have is null', async t => {
  const { approvedUser, call } = scene()
  const { sub } = await approvedUser({ country: 'XK' })

  t.equal((await call(userInfo, { sub })).body.data.user.country, null)
})

t.test('socials are null unless asked for', async t => {
  const { approvedUser, call } = scene()
  const { sub } = await approvedUser()
  for (const request of [{ sub }, { sub, socials: false }, { sub, socials: null }])
    t.equal((await call(userInfo, request)).body.data.user.socials, null)
})

t.test(
  'the fields after picture need the scope userinfo from both the client’s owner and the user',
  async t => {
    const rows = [
      { granted: ['userinfo'], approved: ['userinfo'], shown: true },
      { granted: [], approved: ['userinfo'], shown: false },
      { granted: ['userinfo'], approved: [], shown: false },
      { granted: ['useraddresses'], approved: ['useraddresses'], shown: false },
    ]
    for (const { granted, approved, shown } of rows) {
      const { approvedUser, call } = scene()
      const { sub } = await approvedUser({}, approved)
      const { status, body } = await call(userInfo, { sub, socials: true }, { client: { scopes: granted } })
      const { birth_date, gender, second_email, country, socials } = body.data.user
      const details = [birth_date, gender, second_email, country, socials]

      t.equal(status, 200, `granted ${granted}, approved ${approved}`)
      t.equal(body.data.user.name, 'Ada Lovelace', 'everybody approved sees the rest')
      t.ok(
        details.every(detail => (detail !== null) === shown),
        shown ? 'shown' : 'null',
      )
    }
  },
)

t.test('whoever may not be seen is answered like somebody who does not exist', async t => {
  const { context, user, approvedUser, call } = scene()
  await user({ sub: '1' })
  await approvedUser({ sub: '2', disabledAt: new Date(0) })
  await approvedUser({ sub: '3', test: false })
  await approvedUser({ sub: '4' })
  await context.storage.clientUsers.revoke('client_1', '4', new Date())
  await user({ sub: '5' })
  await context.storage.clientUsers.approve(
    'client_2',
    '5',
    { scopes: ['userinfo'], claims: [], resources: [], authorizationDetails: [] },
    new Date(),
  )
  await context.storage.clientUsers.approve(
    'client_1',
    '6',
    { scopes: ['userinfo'], claims: [], resources: [], authorizationDetails: [] },
    new Date(),
  )

  const unknown = await call(userInfo, { sub: 999 })
  t.equal(unknown.status, 404)
  t.match(unknown.body, { status: 'error', error: { code: 'user_not_found' } })

  const testMode = { domain: { mode: 'test', testUsersOnly: true } } as const
  const rows = [
    { sub: '1', why: 'never approved anybody' },
    { sub: '2', why: 'disabled' },
    { sub: '3', why: 'no test user, on a domain for test users', over: testMode },
    { sub: '4', why: 'took the approval back' },
    { sub: '5', why: 'approved another client' },
    { sub: '6', why: 'approved, and is gone' },
  ]
  for (const { sub, why, over } of rows) {
    const { response, concerned } = await call(userInfo, { sub }, over)
    t.strictSame(response, unknown.response, why)
    t.equal(concerned, undefined)
  }
})

t.test('test users are served on every domain, others except where a test domain wants none', async t => {
  const { approvedUser, call } = scene()
  await approvedUser({ sub: '1', test: true })
  await approvedUser({ sub: '2', test: false })
  const rows = [
    { mode: 'test', testUsersOnly: true, statuses: [200, 404] },
    { mode: 'test', testUsersOnly: false, statuses: [200, 200] },
    { mode: 'live', testUsersOnly: true, statuses: [200, 200] },
    { mode: 'live', testUsersOnly: false, statuses: [200, 200] },
  ] as const
  for (const { mode, testUsersOnly, statuses } of rows) {
    const domain = { mode, testUsersOnly }
    const answers = [
      await call(userInfo, { sub: 1 }, { domain }),
      await call(userInfo, { sub: 2 }, { domain }),
    ]
    t.strictSame(
      answers.map(answer => answer.status),
      statuses,
      `${mode}, testUsersOnly ${testUsersOnly}`,
    )
  }
})

t.test('people come from the host where it brings its own', async t => {
  const stored = await scene().user({ sub: '7', name: 'Grace' })
  const { context, call } = scene({
    accounts: { find: async sub => (sub === '7' ? stored : undefined), signIn: async () => undefined },
  })
  await context.storage.clientUsers.approve(
    'client_1',
    '7',
    { scopes: [], claims: [], resources: [], authorizationDetails: [] },
    new Date(),
  )

  t.equal((await call(userInfo, { sub: '7' })).body.data.user.name, 'Grace')
})

t.test('a bad request is refused by field, before anybody is looked for', async t => {
  const { call } = scene({
    accounts: {
      find: () => t.fail('somebody was looked for') as never,
      signIn: async () => undefined,
    },
  })
  const rows: readonly (readonly [unknown, readonly string[]])[] = [
    [{}, ['sub']],
    [{ sub: null }, ['sub']],
    [{ sub: 'ada' }, ['sub']],
    [{ sub: { $gt: '' } }, ['sub']],
    [{ sub: 1, socials: 'true' }, ['socials']],
    [{ sub: 1, socials: 1 }, ['socials']],
    [{ sub: 1, socials: [] }, ['socials']],
    [{ sub: 0, socials: {} }, ['sub', 'socials']],
  ]
  for (const [json, fields] of rows) {
    const { status, body } = await call(userInfo, json)
    t.equal(status, 422, JSON.stringify(json))
    t.equal(body.error.code, 'validation_failed')
    t.strictSame(Object.keys(body.error.fields), fields)
  }
})

t.test('user info is guarded and has a price, and asks the rule chain for no scope', async t => {
  t.strictSame(userInfo.guard, { purpose: 'api', price: 'user-info' })
})
