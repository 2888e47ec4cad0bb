import t from 'tap'
import type { Accounts, KitOptions } from '../../src/config/options.ts'
import type { Address, AddressFields, User } from '../../src/model/user.ts'
import { idTokenClaims, supportedClaims, userinfoClaims } from '../../src/oauth/claims.ts'
import { CLIENT, surroundings, USER } from '../context/surroundings.ts'
import { NOW } from '../installation.ts'

const ADA: User = {
  ...USER,
  picture: 'https://example.com/ada.png',
  birthDate: '1815-12-10',
  gender: 'female',
  secondEmail: 'countess@example.com',
  phoneNumber: '+442079460000',
  country: 'GB',
  locale: 'en',
  passwordHash: '$scrypt$secret',
}

const ADDRESS: AddressFields = {
  type: 'standard',
  name: 'Home',
  companyName: 'Analytical Engines',
  firstname: 'Ada',
  lastname: 'Lovelace',
  phone: undefined,
  email: undefined,
  taxNr: undefined,
  registrationNr: undefined,
  accessCode: '1234',
  postalCode: 'SW1Y 4JH',
  houseNumber: '12',
  street: 'St James’s Square',
  city: 'London',
  country: 'GB',
}

const PROFILE = {
  name: 'Ada Lovelace',
  given_name: 'Ada',
  family_name: 'Lovelace',
  picture: 'https://example.com/ada.png',
  birthdate: '1815-12-10',
  gender: 'female',
  locale: 'en',
  updated_at: Math.floor(NOW.getTime() / 1000),
}

const ADDRESS_CLAIM = {
  street_address: 'St James’s Square 12',
  locality: 'London',
  postal_code: 'SW1Y 4JH',
  country: 'GB',
}

const EVERYTHING = ['openid', 'profile', 'email', 'address', 'phone', 'userinfo', 'useraddresses']

interface Asked {
  readonly user?: User
  readonly address?: AddressFields
  readonly claims?: object
  /** The scopes that were approved with the claims. */
  readonly approved?: string
  readonly accounts?: Pick<Accounts, 'claims'>
}

/** What is told, after it has been through JSON. */
async function told(where: 'userinfo' | 'idToken', scopes: readonly string[], asked: Asked = {}) {
  const { user = ADA, address = ADDRESS, claims, approved = '', accounts } = asked
  const nobody = { find: async () => undefined, signIn: async () => undefined }
  const options: Partial<KitOptions> = accounts ? { accounts: { ...nobody, ...accounts } } : {}
  const context = surroundings(options)
  await context.storage.addresses.create(user.sub, address, NOW)
  const subject = {
    client: CLIENT,
    user,
    grant: {
      scopes,
      parameters: { ...(claims !== undefined && { claims: JSON.stringify(claims), scope: approved }) },
    },
  }
  const answer =
    where === 'userinfo'
      ? await userinfoClaims(context, subject, scopes)
      : await idTokenClaims(context, subject)
  return { claims: JSON.parse(JSON.stringify(answer)), context }
}

t.test('each scope brings its claims, correctly typed, and no others', async t => {
  const table: [scopes: string[], claims: object][] = [
    [[], {}],
    [['openid'], {}],
    [['userinfo', 'useraddresses', 'offline_access', 'orders:read'], {}],
    [['profile'], PROFILE],
    [['email'], { email: 'ada@example.com', email_verified: true }],
    [['phone'], { phone_number: '+442079460000', phone_number_verified: false }],
    [['address'], { address: ADDRESS_CLAIM }],
    [['EMAIL', 'emails', 'Profile', 'constructor', '__proto__'], {}],
  ]
  for (const [scopes, claims] of table)
    t.strictSame((await told('userinfo', scopes)).claims, { sub: ADA.sub, ...claims }, scopes.join(' '))
})

t.test('the sub is text, as OpenID Connect wants it', async t => {
  t.equal(typeof (await told('userinfo', [])).claims.sub, 'string')
})

t.test('what is not known is left out of the answer, neither null nor empty', async t => {
  const user: User = { ...USER, givenName: undefined, familyName: undefined }
  const nowhere = {
    ...ADDRESS,
    street: undefined,
    houseNumber: undefined,
    city: undefined,
    postalCode: undefined,
  }
  const { claims } = await told('userinfo', EVERYTHING, { user, address: nowhere })
  t.strictSame(Object.keys(claims).sort(), [
    'address',
    'email',
    'email_verified',
    'name',
    'sub',
    'updated_at',
  ])
  t.strictSame(claims.address, { country: 'GB' })
})

t.test('no scope brings a password hash or a second address', async t => {
  const sent = JSON.stringify((await told('userinfo', EVERYTHING)).claims)
  for (const text of ['scrypt', 'countess', '1234']) t.notMatch(sent, text)
})

t.test('every claim that can be told is one that the metadata names', async t => {
  const { claims, context } = await told('userinfo', EVERYTHING)
  for (const claim of Object.keys(claims)) t.ok(supportedClaims(context).includes(claim), claim)
})

t.test('the claims parameter brings single claims, each where it was asked for', async t => {
  const claims = {
    userinfo: { email: { essential: true }, given_name: null, nickname: null, unheard_of: null },
    id_token: {
      family_name: null,
      address: { essential: true },
      phone_number: { value: '+1' },
      auth_time: null,
    },
  }
  t.strictSame((await told('userinfo', ['openid'], { claims })).claims, {
    sub: ADA.sub,
    email: 'ada@example.com',
    given_name: 'Ada',
  })
  t.strictSame((await told('idToken', ['openid'], { claims })).claims, {
    family_name: 'Lovelace',
    address: ADDRESS_CLAIM,
    phone_number: '+442079460000',
  })
  t.strictSame((await told('idToken', EVERYTHING)).claims, {}, 'scopes bring nothing into the ID token')
})

t.test('who the user is, and how the token came to be, is nobody else’s to say', async t => {
  const names = ['sub', 'iss', 'aud', 'exp', 'iat', 'acr', 'amr', 'auth_time', 'nonce', 'sid', 'at_hash']
  const asked = Object.fromEntries(names.map(name => [name, null]))
  const lies = Object.fromEntries(names.map(name => [name, 'a lie']))
  const given = {
    claims: { userinfo: { ...asked, nickname: null }, id_token: { ...asked, nickname: null } },
    accounts: { claims: async () => ({ ...lies, nickname: 'Ada' }) },
  }
  t.strictSame((await told('userinfo', ['openid'], given)).claims, { sub: ADA.sub, nickname: 'Ada' })
  t.strictSame((await told('idToken', ['openid'], given)).claims, { nickname: 'Ada' })
})

t.test('the host’s own claims', async t => {
  let asked = 0
  const accounts: Pick<Accounts, 'claims'> = {
    async claims(user) {
      asked++
      return {
        nickname: `${user.givenName} the first`,
        name: 'Somebody else',
        zoneinfo: undefined,
        website: null,
        phone_number_verified: true,
        address: { formatted: 'Ockham Park' },
        'https://example.com/role': ['admin'],
        toString: 'own',
      }
    },
  }

  await t.test('come with the scope that covers them, beside what the kit knows', async t => {
    const { claims } = await told('userinfo', EVERYTHING, { accounts })
    t.match(claims, { ...PROFILE, nickname: 'Ada the first', phone_number_verified: true })
    t.strictSame(claims.address, { formatted: 'Ockham Park' })
    for (const name of ['zoneinfo', 'website', 'https://example.com/role', 'toString'])
      t.notOk(Object.hasOwn(claims, name), name)
  })

  await t.test('come when they are asked for by name', async t => {
    const claims = { userinfo: { 'https://example.com/role': null, toString: null, __proto__: null } }
    t.strictSame((await told('userinfo', ['openid'], { accounts, claims })).claims, {
      sub: ADA.sub,
      'https://example.com/role': ['admin'],
      toString: 'own',
    })
    const none = { userinfo: { toString: null, constructor: null } }
    const silent = { claims: async () => ({}) }
    t.strictSame((await told('userinfo', ['openid'], { accounts: silent, claims: none })).claims, {
      sub: ADA.sub,
    })
  })

  await t.test('are not asked for when the kit knows all by itself', async t => {
    asked = 0
    await told('userinfo', ['openid', 'email'], { accounts, claims: { userinfo: { name: null, sub: null } } })
    t.equal(asked, 0)
    await told('userinfo', ['openid', 'profile', 'phone', 'address'], { accounts })
    t.equal(asked, 1, 'and once for all')
  })
})

t.test('a client with pairwise subjects is told its own here as well', async t => {
  const context = surroundings()
  const client = { ...CLIENT, metadata: { subject_type: 'pairwise' } } as const
  const { sub } = await userinfoClaims(
    context,
    { client, user: ADA, grant: { scopes: ['openid'], parameters: {} } },
    ['openid'],
  )
  t.not(sub, ADA.sub)
  t.match(sub, /^[A-Za-z0-9_-]{43}$/)
})

t.test('the first of several addresses is told', async t => {
  const context = surroundings()
  const made: Address[] = []
  for (const city of ['London', 'Paris'])
    made.push(await context.storage.addresses.create(ADA.sub, { ...ADDRESS, city }, NOW))
  const subject = { client: CLIENT, user: ADA, grant: { scopes: ['openid'], parameters: {} } }
  t.match(await userinfoClaims(context, subject, ['address']), { address: { locality: 'London' } })
})

t.test(
  'a claim that a scope brought is not told for the sake of the parameter once the scope is taken back',
  async t => {
    const claims = { userinfo: { email: null, name: null }, id_token: { email: null, name: null } }
    for (const where of ['userinfo', 'idToken'] as const) {
      const asked = { claims, approved: 'openid email' }
      const both = { name: 'Ada Lovelace', email: 'ada@example.com' }
      t.match((await told(where, ['openid', 'email'], asked)).claims, both)
      const left = (await told(where, ['openid'], asked)).claims
      t.equal(left.email, undefined)
      t.equal(left.name, 'Ada Lovelace', 'what was approved by itself stays')
      t.match((await told(where, ['openid'], { claims, approved: 'openid' })).claims, both)
    }
  },
)
