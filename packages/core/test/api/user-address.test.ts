import t from 'tap'
import { changeUserAddress, userAddresses } from '../../src/api/user-address.ts'
import { scene } from './scene.ts'

const NETHERLANDS = {
  id: 528,
  short_name: 'NL',
  name: 'Netherlands',
  phonecode: '+31',
  is_eu_member: true,
  capital: 'Amsterdam',
  iso_alpha3: 'NLD',
  region: 'Europe',
  timezone: 'Europe/Amsterdam',
  currency_code: 'EUR',
}

const BLANK = {
  type: 'standard',
  name: null,
  company_name: null,
  firstname: null,
  lastname: null,
  phone: null,
  email: null,
  tax_nr: null,
  registration_nr: null,
  access_code: null,
  postal_code: null,
  house_number: null,
  street: null,
  city: null,
  country: NETHERLANDS,
}

/** An address with a value in every member. */
const FULL = {
  type: 'billing',
  name: 'Office',
  company_name: 'Paper Plane B.V.',
  firstname: 'Zoë',
  lastname: "d'Arc",
  phone: '+31 6 12345678',
  email: 'Zoe@Example.com',
  tax_nr: 'NL123456789B01',
  registration_nr: '12345678',
  access_code: '4711#',
  postal_code: '1012 AB',
  house_number: '10A',
  street: 'Damrak',
  city: 'Amsterdam',
}

t.test('a user’s addresses are listed oldest first, and nobody else’s', async t => {
  const { user, approvedUser, address, call } = scene()
  const ada = await approvedUser()
  const other = await user({ sub: '1' })
  const first = await address(ada)
  await address(other)
  const second = await address(ada, { type: 'shipping', city: 'Delft' })
  const expected = [
    { ...BLANK, id: first },
    { ...BLANK, id: second, type: 'shipping', city: 'Delft' },
  ]

  const read = await call(userAddresses, { sub: Number(ada.sub), redirect_url: 'https://example.com' })
  t.equal(read.status, 200)
  t.strictSame(read.body, {
    status: 'success',
    message: 'Addresses retrieved successfully.',
    data: { addresses: expected.map(({ id, ...rest }) => ({ id, ...rest })) },
  })
  t.equal(read.concerned, ada.sub)

  const listed = await call(changeUserAddress, { sub: ada.sub, action: 'list' })
  t.strictSame(listed.body, read.body)
  t.equal(listed.concerned, ada.sub)
})

t.test('members that an action does not need are ignored', async t => {
  const { approvedUser, call } = scene()
  const { sub } = await approvedUser()
  // PHP writes an empty map as an empty list.
  for (const address of [[], {}, null, 'x', { country: 'nowhere' }])
    t.equal((await call(changeUserAddress, { sub, action: 'list', address, address_id: 'x' })).status, 200)
})

t.test('an address is created with all that was said of it', async t => {
  const { approvedUser, call } = scene()
  const { sub } = await approvedUser()
  const { status, body, concerned } = await call(changeUserAddress, {
    sub,
    action: 'create',
    address: { ...FULL, country: 'NL', id: 77, sub: '1', created_at: 'never' },
  })

  t.equal(status, 200)
  t.equal(body.message, 'Address created successfully.')
  t.strictSame(body.data, { address: { id: 1, ...FULL, country: NETHERLANDS } })
  t.equal(concerned, sub)
  t.strictSame((await call(userAddresses, { sub })).body.data.addresses, [body.data.address])
})

t.test('a country is enough for an address, in any of its forms', async t => {
  const rows = [
    { country: 'NL' },
    { country: 'nl' },
    { country: ' NLD ' },
    { country: 'nld' },
    { country_id: 528 },
    { country_id: '528' },
    { country: null, country_id: 528 },
    { country: 'NL', country_id: null },
    // The code decides.
    { country: 'NL', country_id: 840 },
    { country: 'NL', type: null },
    { country: 'NL', name: '', city: '  ', company_name: null },
  ]
  for (const address of rows) {
    const { approvedUser, call } = scene()
    const { sub } = await approvedUser()
    const { body } = await call(changeUserAddress, { sub, action: 'create', address })
    t.strictSame(body.data, { address: { id: 1, ...BLANK } }, JSON.stringify(address))
  }
})

t.test('text is stored trimmed', async t => {
  const { approvedUser, call } = scene()
  const { sub } = await approvedUser()
  const address = { country: 'NL', city: '  Den Haag\n', email: ' zoe@example.com ' }
  const { body } = await call(changeUserAddress, { sub, action: 'create', address })

  t.match(body.data.address, { city: 'Den Haag', email: 'zoe@example.com' })
})

t.test('a bad address is refused by field, and nothing is stored', async t => {
  const { approvedUser, call } = scene()
  const { sub } = await approvedUser()
  const long = 'x'.repeat(60_000)
  const rows: readonly (readonly [unknown, readonly string[]])[] = [
    [undefined, ['address']],
    [null, ['address']],
    ['Damrak 1', ['address']],
    [7, ['address']],
    [[], ['address']],
    [{}, ['address.country']],
    [{ country: null }, ['address.country']],
    [{ country: '' }, ['address.country']],
    [{ country: 'XX' }, ['address.country']],
    [{ country: 'XK' }, ['address.country']],
    [{ country: 'Netherlands' }, ['address.country']],
    [{ country: 528 }, ['address.country']],
    [{ country: NETHERLANDS }, ['address.country']],
    [{ country: '__proto__' }, ['address.country']],
    [{ country: long }, ['address.country']],
    [{ country: 'XX', country_id: 528 }, ['address.country']],
    [{ country: 'NL', country_id: 1 }, ['address.country_id']],
    [{ country_id: 0 }, ['address.country_id']],
    [{ country_id: 'NL' }, ['address.country_id']],
    [{ country_id: [528] }, ['address.country_id']],
    [{ country: 'NL', type: 'Billing' }, ['address.type']],
    [{ country: 'NL', type: 'toString' }, ['address.type']],
    [{ country: 'NL', type: 1 }, ['address.type']],
    [{ country: 'NL', email: 'zoe' }, ['address.email']],
    [{ country: 'NL', email: 'zoe@example.com, bob@example.com' }, ['address.email']],
    [{ country: 'NL', email: `zoe@${long}` }, ['address.email']],
    [{ country: 'NL', city: 'Del\u0000ft' }, ['address.city']],
    [{ country: 'NL', city: 'Del\ud800ft' }, ['address.city']],
    [{ country: 'NL', street: 'one\ntwo' }, ['address.street']],
    [{ country: 'NL', house_number: 10 }, ['address.house_number']],
    [{ country: 'NL', postal_code: true }, ['address.postal_code']],
    [{ country: 'NL', name: { toString: 'x' } }, ['address.name']],
    [{ type: 'x', city: [], country: 'XX' }, ['address.type', 'address.city', 'address.country']],
    [{ city: [] }, ['address.city', 'address.country']],
  ]
  for (const [address, fields] of rows) {
    const { status, body } = await call(changeUserAddress, { sub, action: 'create', address })
    t.equal(status, 422, JSON.stringify(address)?.slice(0, 80))
    t.equal(body.error.code, 'validation_failed')
    t.strictSame(Object.keys(body.error.fields).sort(), fields.toSorted())
    t.ok(
      Object.values<string>(body.error.fields).every(sentence => /^Send .+\.$/.test(sentence)),
      'each says what would be right',
    )
  }
  t.strictSame((await call(userAddresses, { sub })).body.data.addresses, [])
})

t.test('every text has the bound and the rules of text', async t => {
  const { approvedUser, call } = scene()
  const { sub } = await approvedUser()
  const { type, ...texts } = FULL
  for (const member of Object.keys(texts)) {
    for (const value of ['x'.repeat(255), 'a\u0000b', 'a\udfffb', 7, true, [], {}]) {
      const { status, body } = await call(changeUserAddress, {
        sub,
        action: 'create',
        address: { country: 'NL', [member]: value },
      })
      t.strictSame(
        [status, Object.keys(body.error.fields)],
        [422, [`address.${member}`]],
        JSON.stringify(value).slice(0, 20),
      )
    }
  }
})

t.test('an update changes what is given and keeps the rest', async t => {
  const { approvedUser, call } = scene()
  const { sub } = await approvedUser()
  await call(changeUserAddress, { sub, action: 'create', address: { ...FULL, country: 'NL' } })
  const before = { id: 1, ...FULL, country: NETHERLANDS }
  const update = async (address: object, address_id: unknown = 1) =>
    (await call(changeUserAddress, { sub, action: 'update', address_id, address })).body

  t.strictSame(await update({}), {
    status: 'success',
    message: 'Address updated successfully.',
    data: { address: before },
  })
  t.strictSame((await update({ type: null, country: null, country_id: null })).data.address, before)
  t.strictSame((await update({ city: 'Delft' }, '1')).data.address, { ...before, city: 'Delft' })
  t.strictSame((await update({ city: null, street: '' })).data.address, {
    ...before,
    city: null,
    street: null,
  })
  const moved = (await update({ type: 'mailing', country: 'DEU' })).data.address
  t.match(moved, { type: 'mailing', country: { short_name: 'DE' }, name: 'Office' })
  t.equal((await update({ country_id: 56 })).data.address.country.short_name, 'BE')
})

t.test('an update is checked as a creation is, except that it needs no country', async t => {
  const { approvedUser, address, call } = scene()
  const ada = await approvedUser()
  const id = await address(ada)
  const rows: readonly (readonly [object, readonly string[]])[] = [
    [{}, ['address_id', 'address']],
    [{ address_id: id }, ['address']],
    [{ address: {} }, ['address_id']],
    [{ address_id: null, address: {} }, ['address_id']],
    [{ address_id: 1.5, address: {} }, ['address_id']],
    [{ address_id: 'one', address: {} }, ['address_id']],
    [{ address_id: [id], address: {} }, ['address_id']],
    [{ address_id: id, address: [] }, ['address']],
    [{ address_id: id, address: { country: 'XX' } }, ['address.country']],
    [{ address_id: 0, address: { city: 1, type: '' } }, ['address_id', 'address.city', 'address.type']],
  ]
  for (const [json, fields] of rows) {
    const { status, body } = await call(changeUserAddress, { sub: ada.sub, action: 'update', ...json })
    t.equal(status, 422, JSON.stringify(json))
    t.strictSame(Object.keys(body.error.fields).sort(), fields.toSorted())
  }
})

t.test('a deletion answers with what is left', async t => {
  const { approvedUser, address, call } = scene()
  const ada = await approvedUser()
  const first = await address(ada)
  const second = await address(ada)

  const { status, body } = await call(changeUserAddress, {
    sub: ada.sub,
    action: 'delete',
    address_id: String(first),
  })
  t.equal(status, 200)
  t.strictSame(body, {
    status: 'success',
    message: 'Address deleted successfully.',
    data: { addresses: [{ id: second, ...BLANK }] },
  })
  const again = await call(changeUserAddress, { sub: ada.sub, action: 'delete', address_id: first })
  t.equal(again.status, 404)
})

t.test('somebody else’s address is answered like one that does not exist', async t => {
  const { user, approvedUser, address, call } = scene()
  const ada = await approvedUser()
  const other = await user({ sub: '1' })
  const theirs = await address(other)
  for (const action of ['update', 'delete']) {
    const request = (address_id: number) =>
      call(changeUserAddress, { sub: ada.sub, action, address_id, address: { city: 'Delft' } })
    const unknown = await request(999)
    const foreign = await request(theirs)

    t.equal(unknown.status, 404, action)
    t.equal(unknown.body.error.code, 'address_not_found')
    t.strictSame(foreign.response, unknown.response)
  }
  t.match(await call(userAddresses, { sub: '1' }), { status: 404 })
})

t.test('updates that run at once all hold, as far as they are of different members', async t => {
  const { context, approvedUser, address, call } = scene()
  const ada = await approvedUser()
  const address_id = await address(ada)
  const members = Object.entries(FULL)
  const answers = await Promise.all(
    members.map(([member, value]) =>
      call(changeUserAddress, { sub: ada.sub, action: 'update', address_id, address: { [member]: value } }),
    ),
  )
  for (const { status } of answers) t.equal(status, 200)
  const { body } = await call(userAddresses, { sub: ada.sub })
  t.match(body.data.addresses, [FULL])

  context.storage.addresses.update = async () => ({ outcome: 'outdated' })
  const request = { sub: ada.sub, action: 'update', address_id, address: { city: 'Delft' } }
  await t.rejects(call(changeUserAddress, request), { code: 'changed_meanwhile' })
})

t.test('an address that is deleted while it is being updated is not found', async t => {
  const { context, approvedUser, address, call } = scene()
  const ada = await approvedUser()
  const address_id = await address(ada)
  const { find } = context.storage.addresses
  const request = { sub: ada.sub, action: 'update', address_id, address: { city: 'Delft' } }
  context.storage.addresses.find = async (sub, id) => {
    const found = await find(sub, id)
    await context.storage.addresses.delete(sub, id)
    return found
  }

  t.match(await call(changeUserAddress, request), {
    status: 404,
    body: { error: { code: 'address_not_found' } },
  })
})

t.test('an action that nobody knows is refused, together with a bad sub', async t => {
  const { approvedUser, call } = scene()
  const { sub } = await approvedUser()
  for (const action of [undefined, null, '', 'LIST', 'drop', 'constructor', '__proto__', 1, ['list'], {}]) {
    const { status, body } = await call(changeUserAddress, { sub, action })
    t.equal(status, 422, String(action))
    t.strictSame(body.error.fields, { action: 'Send one of list, create, update, delete.' })
  }
  const { body } = await call(changeUserAddress, { sub: 'ada', action: 'drop' })
  t.strictSame(Object.keys(body.error.fields).sort(), ['action', 'sub'])
  const created = await call(changeUserAddress, { action: 'create', address: { city: 1 } })
  t.strictSame(Object.keys(created.body.error.fields).sort(), ['address.city', 'address.country', 'sub'])
})

t.test('a user who approved the client without the scope useraddresses shows no addresses', async t => {
  const { approvedUser, address, call } = scene()
  const ada = await approvedUser({}, ['userinfo'])
  const address_id = await address(ada)
  const requests = [
    [userAddresses, {}],
    [changeUserAddress, { action: 'list' }],
    [changeUserAddress, { action: 'create', address: { country: 'NL' } }],
    [changeUserAddress, { action: 'update', address_id, address: {} }],
    [changeUserAddress, { action: 'delete', address_id }],
  ] as const
  for (const [endpoint, json] of requests) {
    const { status, body, concerned } = await call(endpoint, { sub: ada.sub, ...json })
    t.equal(status, 403, JSON.stringify(json))
    t.equal(body.error.code, 'scope_not_granted')
    t.equal(concerned, ada.sub)
  }
})

t.test('whoever may not be seen is answered like somebody who does not exist', async t => {
  const { user, approvedUser, call } = scene()
  await user({ sub: '1' })
  await approvedUser({ sub: '2', disabledAt: new Date(0) })
  for (const endpoint of [userAddresses, changeUserAddress]) {
    const unknown = await call(endpoint, { sub: 999, action: 'list' })
    t.match(unknown, { status: 404, body: { error: { code: 'user_not_found' } } })
    for (const sub of [1, 2])
      t.strictSame((await call(endpoint, { sub, action: 'list' })).response, unknown.response)
  }
})

t.test('hostile bodies change nothing and break nothing', async t => {
  const { approvedUser, call } = scene()
  const { sub } = await approvedUser()
  const bodies = [
    `{"sub":${sub},"action":"create","address":{"__proto__":{"country":"NL"}}}`,
    `{"sub":${sub},"action":"create","address":{"country":"NL","city":${'['.repeat(5000)}${']'.repeat(5000)}}}`,
    `{"sub":${sub},"action":"create","__proto__":{"address":{"country":"NL"}}}`,
    `{"__proto__":{"sub":${sub},"action":"list"}}`,
  ]
  for (const body of bodies)
    t.equal((await call(changeUserAddress, JSON.parse(body))).status, 422, body.slice(0, 80))
  t.strictSame((await call(userAddresses, { sub })).body.data.addresses, [])
})

t.test('both endpoints are guarded alike', async t => {
  const guard = { purpose: 'api', scope: 'useraddresses', price: 'user-address' }
  t.strictSame(userAddresses.guard, guard)
  t.strictSame(changeUserAddress.guard, guard)
})
