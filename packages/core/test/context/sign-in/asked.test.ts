import t from 'tap'
import { askedBy, covers } from '../../../src/context/sign-in/asked.ts'
import type { Approval } from '../../../src/model/client.ts'
import { surroundings, USER } from '../surroundings.ts'

const NOTHING: Approval = { scopes: [], claims: [], resources: [], authorizationDetails: [] }
const claims = (userinfo: object, id_token: object = {}) => JSON.stringify({ userinfo, id_token })

t.test('scopes, claims, resources and details are asked for one by one', async t => {
  const asked = askedBy(surroundings(), {
    scopes: ['openid', 'email'],
    parameters: {
      claims: claims({ birthdate: null }, { name: null, birthdate: null }),
      resource: 'https://a.example https://b.example',
      authorization_details: '[{"amount":1,"type":"payment"},{"type":"account"}]',
    },
  })
  t.strictSame(asked, {
    scopes: ['openid', 'email'],
    claims: ['birthdate', 'name'],
    resources: ['https://a.example', 'https://b.example'],
    authorizationDetails: ['{"amount":1,"type":"payment"}', '{"type":"account"}'],
  })
})

t.test(
  'what the scopes bring, what is about the sign-in, and what nobody knows is not asked for again',
  async t => {
    const parameters = {
      claims: claims(
        { email: null, email_verified: null, phone_number: null, nickname: null, toString: null },
        { acr: null, auth_time: null, sub: null },
      ),
    }
    const asked = (scopes: string[], given = {}) =>
      askedBy(surroundings(given), { scopes, parameters }).claims
    t.strictSame(asked(['openid', 'email']), ['phone_number'])
    t.strictSame(asked(['openid', 'email', 'phone']), [])
    const accounts = { find: async () => USER, signIn: async () => USER, claims: async () => ({}) }
    t.strictSame(
      asked(['openid', 'email', 'phone'], { accounts }),
      ['nickname', 'toString'],
      'the host may know them',
    )
    t.strictSame(asked(['openid', 'email', 'phone', 'profile'], { accounts }), ['toString'])
  },
)

t.test('an approval covers what is within it, of each kind', async t => {
  const approval: Approval = {
    scopes: ['a', 'b'],
    claims: ['c'],
    resources: ['r'],
    authorizationDetails: ['{"type":"d"}'],
  }
  t.ok(covers(approval, approval))
  t.ok(covers(approval, NOTHING))
  t.ok(covers(approval, { ...NOTHING, scopes: ['b'] }))
  for (const kind of ['scopes', 'claims', 'resources']) {
    t.notOk(covers(approval, { ...NOTHING, [kind]: ['new'] }), kind)
    t.notOk(covers({ ...approval, [kind]: [] }, approval), kind)
  }
})
