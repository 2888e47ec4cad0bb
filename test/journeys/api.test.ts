import { type Project, updateClient } from '@xwms/core'
import type { Test } from 'tap'
import { addUser, REDIRECT_URI } from '../support/seed.ts'
import { onEveryStack, type Stack } from '../support/stack.ts'

// Every endpoint of xwms-api.md: what a client gets, and what it is told when it sends something wrong.

const projects: Project[] = [
  {
    id: 7,
    title: 'Paper Plane',
    description: 'Folds',
    image: undefined,
    link: 'https://plane.example.com',
    isNew: true,
    directRedirect: false,
    publishedAt: undefined,
    categories: [{ id: 1, name: 'Paper' }],
  },
]

/** As if Ada had signed in through the client before. */
async function approved(stack: Stack, scopes = ['userinfo', 'useraddresses']): Promise<void> {
  await stack.kit.config.storage.clientUsers.approve(
    stack.client.id,
    stack.user.sub,
    { scopes, claims: [], resources: [], authorizationDetails: [] },
    new Date(),
  )
}

/** A refused body names its bad fields, in the error and in the message that clients print. */
async function refusesFields(t: Test, stack: Stack, path: string, body: object, fields: string[]) {
  const answer = await stack.post(path, { redirect_url: REDIRECT_URI, ...body })
  t.equal(answer.status, 422, path)
  t.equal(answer.body.error.code, 'validation_failed')
  t.same(Object.keys(answer.body.error.fields).sort(), fields)
  for (const field of fields) t.match(answer.body.message, field)
}

onEveryStack(
  'anybody can ask what this is and which projects there are',
  async (t, stack) => {
    const info = await fetch(`${stack.url}/api/info`, { headers: { 'user-agent': 'journey/1' } })
    t.match(await info.json(), {
      status: 'success',
      data: {
        application: { name: 'XWMS', locale: 'en', timezone: 'UTC', time: /^\d{4}-.*Z$/ },
        client: { ip: '127.0.0.1', user_agent: 'journey/1' },
        api: {
          endpoints: {
            general_info: `${stack.url}/api/info`,
            auth_verify: `${stack.url}/api/sign-token-verify`,
          },
        },
      },
    })
    const answer = (await (await fetch(`${stack.url}/api/global/projects`)).json()) as { data: unknown }
    t.match(answer.data, {
      projects: [
        {
          id: 7,
          title: 'Paper Plane',
          is_new: true,
          direct_redirect: false,
          image: null,
          published_at: null,
          categories: [{ id: 1, name: 'Paper' }],
        },
      ],
    })
  },
  { kit: { projects } },
)

onEveryStack('countries are listed for clients', async (t, stack) => {
  const { status, body } = await stack.post('/api/global/countries', { redirect_url: REDIRECT_URI })
  t.equal(status, 200)
  t.match(
    body.data.countries.find((country: { short_name: string }) => country.short_name === 'NL'),
    {
      name: 'Netherlands',
      iso_alpha3: 'NLD',
      is_eu_member: true,
      capital: 'Amsterdam',
      currency_code: 'EUR',
    },
  )
  t.match(await stack.post('/api/global/countries', {}, {}), {
    status: 401,
    body: { error: { code: 'credentials_missing' } },
  })
})

onEveryStack('a sign-in is begun for a redirect URI', async (t, stack) => {
  const body = { redirect_url: REDIRECT_URI, email: 'ada@example.com' }
  const answer = await stack.post('/api/sign-token', body)
  t.match(answer.body.data, { client_id: stack.client.id, email: 'ada@example.com' })
  await refusesFields(t, stack, '/api/sign-token', { email: 'nobody', redirect_url: 'elsewhere' }, ['email'])
  await refusesFields(t, stack, '/api/sign-token-verify', {}, ['token'])
})

onEveryStack('a client sees the people who approved it, and as much as they approved', async (t, stack) => {
  const ask = (sub: unknown, more: object = {}) =>
    stack.post('/api/get/user/info', { sub, redirect_url: REDIRECT_URI, ...more })
  const stranger = await addUser(stack.kit, { email: 'eve@example.com' })
  const unknown = await ask(stranger.sub)
  const nobody = await ask(1)
  t.equal(unknown.status, 404)
  t.same([nobody.status, nobody.body.message], [unknown.status, unknown.body.message], 'no difference')

  await approved(stack, [])
  t.match((await ask(stack.user.sub)).body.data.user, {
    sub: stack.user.sub,
    name: 'Ada Lovelace',
    picture: 'https://example.com/ada.png',
    birth_date: null,
    country: null,
  })
  await approved(stack)
  t.match(
    (await ask(Number(stack.user.sub), { socials: true })).body.data.user,
    { sub: stack.user.sub, birth_date: '1815-12-10', socials: [] },
    'the sub may be a number',
  )
  await updateClient(stack.environment, stack.client.id, { enabled: true, scopes: ['useraddresses'] })
  await refusesFields(t, stack, '/api/get/user/info', {}, ['sub'])
})

onEveryStack('addresses are created, listed, changed and deleted', async (t, stack) => {
  const { sub } = stack.user
  await approved(stack)
  const address = {
    type: 'shipping',
    street: 'Herengracht',
    house_number: '1',
    city: 'Amsterdam',
    country: 'nl',
  }
  const change = (more: object) =>
    stack.post('/api/user/address', { sub: Number(sub), redirect_url: REDIRECT_URI, ...more })
  const created = await change({ action: 'create', address })
  t.equal(created.status, 200)
  t.match(created.body.data.address, {
    type: 'shipping',
    city: 'Amsterdam',
    country: { short_name: 'NL', iso_alpha3: 'NLD' },
  })
  const { id } = created.body.data.address
  t.ok(Number.isSafeInteger(id))
  const countryId = created.body.data.address.country.id
  const older = await change({ action: 'create', address: { type: 'billing', country_id: countryId } })
  t.match(older.body.data.address, { country: { short_name: 'NL' } }, 'older clients send country_id')

  const updated = await change({ action: 'update', address_id: String(id), address: { city: 'Utrecht' } })
  t.match(updated.body.data.address, { id, city: 'Utrecht', street: 'Herengracht' })
  const listed = await stack.post('/api/get/user/address', { sub })
  t.match(listed.body.data.addresses, [{ id, city: 'Utrecht' }, { type: 'billing' }])
  t.same((await change({ action: 'list' })).body.data, listed.body.data)
  const deleted = await change({ action: 'delete', address_id: id })
  t.match(deleted.body.data.addresses, [{ type: 'billing' }])
  t.match(await change({ action: 'delete', address_id: id }), {
    status: 404,
    body: { error: { code: 'address_not_found' } },
  })

  await refusesFields(t, stack, '/api/user/address', { sub, action: 'nonsense' }, ['action'])
  await refusesFields(
    t,
    stack,
    '/api/user/address',
    { sub, action: 'create', address: { type: 'castle', country: 'XX', city: 7 } },
    ['address.city', 'address.country', 'address.type'],
  )
  await refusesFields(t, stack, '/api/get/user/address', { sub: 'nobody' }, ['sub'])
})

onEveryStack('addresses need the scope, from the owner and from the person', async (t, stack) => {
  await approved(stack, ['userinfo'])
  const { sub } = stack.user
  t.match(await stack.post('/api/get/user/address', { sub }), {
    status: 403,
    body: { error: { code: 'scope_not_granted' } },
  })
})
