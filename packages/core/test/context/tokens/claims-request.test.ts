import t from 'tap'
import { parseClaimsRequest } from '../../../src/context/tokens/claims-request.ts'

/** OpenID Connect Core section 5.5. */
const EXAMPLE = JSON.stringify({
  userinfo: {
    given_name: { essential: true },
    nickname: null,
    email: { essential: true },
    'http://example.info/claims/groups': null,
  },
  id_token: {
    auth_time: { essential: true },
    acr: { values: ['urn:mace:incommon:iap:silver'] },
    sub: { value: '248289761001' },
  },
})

t.test('each claim is found where it is wanted, and as it is wanted', async t => {
  const { userinfo, idToken } = parseClaimsRequest(EXAMPLE)
  const any = { essential: false, value: undefined, values: undefined }
  t.strictSame(
    [...userinfo],
    [
      ['given_name', { ...any, essential: true }],
      ['nickname', any],
      ['email', { ...any, essential: true }],
      ['http://example.info/claims/groups', any],
    ],
  )
  t.strictSame(
    [...idToken],
    [
      ['auth_time', { ...any, essential: true }],
      ['acr', { ...any, values: ['urn:mace:incommon:iap:silver'] }],
      ['sub', { ...any, value: '248289761001' }],
    ],
  )
})

t.test('nothing is asked for where there is nothing', async t => {
  for (const text of [undefined, '{}', '{"userinfo":null}', '{"userinfo":{},"elsewhere":{"email":null}}']) {
    const { userinfo, idToken } = parseClaimsRequest(text)
    t.equal(userinfo.size + idToken.size, 0, String(text))
  }
})

t.test('names that every object has, and names that no claim has, are no claims', async t => {
  const { userinfo } = parseClaimsRequest('{"userinfo":{"__proto__":null,"":null,"a\\u0000":null,"ü":null}}')
  t.strictSame([...userinfo.keys()], ['__proto__'])
  t.equal(userinfo.get('toString'), undefined)
})

t.test('what is not of that form is refused, in a line that can be read', async t => {
  for (const text of [
    '',
    'x',
    'null',
    '[]',
    '"a"',
    '{"userinfo":[]}',
    '{"id_token":"email"}',
    '{"userinfo":{"email":true}}',
    '{"userinfo":{"email":[]}}',
    '{"userinfo":{"email":{"essential":"yes"}}}',
    '{"userinfo":{"email":{"values":"a"}}}',
    `{"userinfo":{"email":{"value":${'['.repeat(9999)}${']'.repeat(9999)}}}}`,
  ])
    t.throws(() => parseClaimsRequest(text), { status: 400, code: 'invalid_request' }, text.slice(0, 50))
})
