import t from 'tap'
import type { XwmsClient } from '../src/index.ts'
import { farSide, SECRET, success } from './far-side.ts'

const SUB = '9007199254740991'
const info = { application: { name: 'XWMS' }, client: { ip: '127.0.0.1' }, api: { endpoints: {} } }
const signToken = {
  client_id: 'client-1',
  token: 'login-token',
  email: null,
  expires_at: '2030-01-01T00:00:00Z',
  url: 'https://example.com/login?token=login-token',
}
const user = { sub: SUB, name: 'Ada', email: 'ada@example.com', email_verified: true }
const address = {
  type: 'billing',
  country: 'NL',
  company_name: 'Paper Plane',
  postal_code: '1011 AB',
} as const

interface Row {
  readonly call: (client: XwmsClient) => Promise<unknown>
  /** Method and path. */
  readonly asks: string
  readonly sends?: unknown
  readonly data: unknown
  readonly returns: unknown
}

/** One row per endpoint and action of the contract. */
const ROWS: readonly Row[] = [
  { call: c => c.info(), asks: 'GET info', data: info, returns: info },
  {
    call: c => c.projects(),
    asks: 'GET global/projects',
    data: { projects: [{ id: 1 }] },
    returns: [{ id: 1 }],
  },
  {
    call: c => c.countries(),
    asks: 'POST global/countries',
    sends: {},
    data: { countries: [{ id: 1 }] },
    returns: [{ id: 1 }],
  },
  {
    call: c => c.signToken({ redirectUrl: 'https://shop.example.com/callback' }),
    asks: 'POST sign-token',
    sends: { redirect_url: 'https://shop.example.com/callback' },
    data: signToken,
    returns: signToken,
  },
  {
    call: c => c.signToken({ redirectUrl: 'https://shop.example.com/callback', email: 'ada@example.com' }),
    asks: 'POST sign-token',
    sends: { redirect_url: 'https://shop.example.com/callback', email: 'ada@example.com' },
    data: signToken,
    returns: signToken,
  },
  {
    call: c => c.verifySignToken('callback-token'),
    asks: 'POST sign-token-verify',
    sends: { token: 'callback-token' },
    data: user,
    returns: user,
  },
  {
    call: c => c.userInfo(SUB),
    asks: 'POST get/user/info',
    sends: { sub: SUB, socials: false },
    data: { user },
    returns: user,
  },
  {
    call: c => c.userInfo(Number(SUB), { socials: true }),
    asks: 'POST get/user/info',
    sends: { sub: SUB, socials: true },
    data: { user },
    returns: user,
  },
  {
    call: c => c.userAddresses(SUB),
    asks: 'POST get/user/address',
    sends: { sub: SUB },
    data: { addresses: [{ id: 1 }] },
    returns: [{ id: 1 }],
  },
  {
    call: c => c.listAddresses(SUB),
    asks: 'POST user/address',
    sends: { sub: SUB, action: 'list' },
    data: { addresses: [] },
    returns: [],
  },
  {
    call: c => c.createAddress(SUB, address),
    asks: 'POST user/address',
    sends: { sub: SUB, action: 'create', address },
    data: { address: { id: 7 } },
    returns: { id: 7 },
  },
  {
    call: c => c.updateAddress(SUB, 7, { city: 'Utrecht' }),
    asks: 'POST user/address',
    sends: { sub: SUB, action: 'update', address_id: 7, address: { city: 'Utrecht' } },
    data: { address: { id: 7 } },
    returns: { id: 7 },
  },
  {
    call: c => c.deleteAddress(SUB, 7),
    asks: 'POST user/address',
    sends: { sub: SUB, action: 'delete', address_id: 7 },
    data: {},
    returns: undefined,
  },
]

t.test('each method asks as the contract says, and returns what the answer holds', async t => {
  const side = await farSide(t)
  for (const row of ROWS) {
    side.answer = success(row.data)
    t.strictSame(await row.call(side.client), row.returns, row.asks)

    const [method, path] = row.asks.split(' ')
    const arrived = side.arrived.at(-1)
    t.match(arrived, { method, path: `/api/${path}` })
    t.strictSame(arrived?.body, row.sends, `body of ${row.asks}`)
    t.equal(arrived?.headers.accept, 'application/json')
  }
  t.equal(side.arrived.length, ROWS.length, 'one request per call')
})

t.test('the credentials travel with the calls that need them and with no others', async t => {
  const side = await farSide(t)
  side.answer = success({ countries: [] })
  await side.client.countries()
  t.match(side.arrived[0]?.headers, {
    'x-client-id': 'client-1',
    'x-client-secret': SECRET,
    'x-client-domain': 'shop.example.com',
    'content-type': 'application/json',
  })

  side.answer = success({ projects: [] })
  await side.client.projects()
  t.notMatch(JSON.stringify(side.arrived[1]?.headers), /x-client|very_secret/)
})

t.test('a sub that is no longer itself is not sent', async t => {
  const side = await farSide(t)
  for (const sub of [2 ** 53, 1.5, Number.NaN]) {
    await t.rejects(side.client.userInfo(sub), TypeError)
    await t.rejects(side.client.deleteAddress(sub, 1), TypeError)
  }
  t.equal(side.arrived.length, 0)
})

t.test('a fetch of the own is used', async t => {
  const urls: string[] = []
  const side = await farSide(t, {
    fetch: (input, init) => {
      urls.push(String(input))
      return fetch(input, init)
    },
  })
  side.answer = success({ projects: [] })
  await side.client.projects()
  t.strictSame(urls, [`${side.url}api/global/projects`])
})
