import t from 'tap'
import { BUILT_IN_SCOPES } from '../../src/config/defaults.ts'
import type { Address, User } from '../../src/model/user.ts'
import { CLAIMS_SUPPORTED, userClaims } from '../../src/oauth/claims.ts'
import { USER } from '../context/surroundings.ts'
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

const ADDRESS: Address = {
  id: 1,
  sub: ADA.sub,
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
  createdAt: NOW,
  updatedAt: NOW,
}

const EVERYTHING = Object.keys(BUILT_IN_SCOPES)

t.test('each scope brings its claims, correctly typed, and no others', async t => {
  const table: [scopes: string[], claims: object][] = [
    [[], {}],
    [['openid'], {}],
    [['userinfo', 'useraddresses', 'offline_access', 'orders:read'], {}],
    [
      ['profile'],
      {
        name: 'Ada Lovelace',
        given_name: 'Ada',
        family_name: 'Lovelace',
        picture: 'https://example.com/ada.png',
        birthdate: '1815-12-10',
        gender: 'female',
        locale: 'en',
        updated_at: Math.floor(NOW.getTime() / 1000),
      },
    ],
    [['email'], { email: 'ada@example.com', email_verified: true }],
    [['phone'], { phone_number: '+442079460000', phone_number_verified: false }],
    [
      ['address'],
      {
        address: {
          street_address: 'St James’s Square 12',
          locality: 'London',
          postal_code: 'SW1Y 4JH',
          country: 'GB',
        },
      },
    ],
    [['EMAIL', 'emails', 'Profile'], {}],
  ]
  for (const [scopes, claims] of table)
    t.strictSame(userClaims(ADA, scopes, ADDRESS), { sub: ADA.sub, ...claims }, scopes.join(' '))
})

t.test('the sub is text, as OpenID Connect wants it', async t => {
  t.equal(typeof userClaims(ADA, [], undefined).sub, 'string')
})

t.test('what is not known is left out of the answer, neither null nor empty', async t => {
  const bare: User = { ...USER, givenName: undefined, familyName: undefined }
  const sent = JSON.parse(JSON.stringify(userClaims(bare, EVERYTHING, undefined)))
  t.strictSame(Object.keys(sent).sort(), ['email', 'email_verified', 'name', 'sub', 'updated_at'])
  const nowhere = {
    ...ADDRESS,
    street: undefined,
    houseNumber: undefined,
    city: undefined,
    postalCode: undefined,
  }
  t.strictSame(JSON.parse(JSON.stringify(userClaims(bare, ['address'], nowhere))).address, { country: 'GB' })
})

t.test('every claim that can be given is one that the metadata names', async t => {
  for (const claim of Object.keys(userClaims(ADA, EVERYTHING, ADDRESS)))
    t.ok((CLAIMS_SUPPORTED as readonly string[]).includes(claim), claim)
})

t.test('no scope brings a password hash or a second address', async t => {
  const sent = JSON.stringify(userClaims(ADA, EVERYTHING, ADDRESS))
  for (const text of ['scrypt', 'countess', '1234']) t.notMatch(sent, text)
})
