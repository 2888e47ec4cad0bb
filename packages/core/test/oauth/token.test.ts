import t from 'tap'
import { GRANT_TYPES } from '../../src/oauth/grants/index.ts'
import { installation } from '../installation.ts'
import { token } from './partner.ts'

t.test('the grant types are the three that OAuth 2.1 keeps, the device’s, and the exchange', async t => {
  t.strictSame(
    GRANT_TYPES.map(({ name }) => name),
    [
      'authorization_code',
      'refresh_token',
      'client_credentials',
      'urn:ietf:params:oauth:grant-type:device_code',
      'urn:ietf:params:oauth:grant-type:token-exchange',
    ],
  )
})

t.test('other grant types are refused, the password one among them', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  for (const grant_type of [
    'password',
    'implicit',
    'CLIENT_CREDENTIALS',
    'toString',
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
  ])
    t.match(
      await token(xwms, shop, { grant_type, username: 'ada@example.com', password: 'x' }),
      { status: 400, body: { error: 'unsupported_grant_type' } },
      grant_type,
    )
})

t.test('a grant that is not offered is unsupported, and is not named', async t => {
  const grant_type = 'urn:ietf:params:oauth:grant-type:token-exchange'
  const ask = async (tokenExchange: boolean) => {
    const xwms = installation({ oauth: { tokenExchange } })
    // Which may not use it either: that is another question.
    return (await token(xwms, await xwms.client(), { grant_type })).body
  }
  const { error, error_description } = await ask(false)
  t.equal(error, 'unsupported_grant_type')
  t.notMatch(error_description, 'token-exchange')
  t.match(await ask(true), { error: 'unauthorized_client' })
})

t.test('who is not authenticated learns nothing of the rest', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  for (const form of [
    { grant_type: 'password' },
    { grant_type: undefined },
    { grant_type: 'refresh_token', refresh_token: 'x' },
  ])
    t.match(await token(xwms, { ...shop, value: 'wrong' }, form), {
      status: 401,
      body: { error: 'invalid_client' },
    })
})

t.test('the endpoint takes forms, and answers in RFC 6749’s terms', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const json = await xwms.ask('POST', '/oauth/token', { json: { grant_type: 'client_credentials' } })
  t.equal(json.status, 415)
  t.equal(JSON.parse(json.body).error, 'invalid_request')
  const get = await xwms.ask('GET', '/oauth/token')
  t.equal(get.status, 405)
  t.match(get.headers, { allow: 'POST', 'cache-control': 'no-store', pragma: 'no-cache' })
  t.equal(JSON.parse(get.body).error, 'invalid_request')
  const twice = await xwms.ask('POST', '/oauth/token', {
    form: `grant_type=client_credentials&client_id=${shop.client.id}&client_secret=${shop.value}&client_id=x`,
  })
  t.equal(twice.status, 400)
  t.equal(JSON.parse(twice.body).error, 'invalid_request')
})

t.test('credentials in the query are not credentials', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const { status } = await xwms.ask('POST', '/oauth/token', {
    query: { grant_type: 'client_credentials', client_id: shop.client.id, client_secret: shop.value },
    form: {},
  })
  t.equal(status, 401)
})

t.test('no answer and no log line holds a secret or a token', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const refused = await token(xwms, shop, { grant_type: 'refresh_token', refresh_token: 'xwms_rt_stolen' })
  for (const text of [shop.value, 'xwms_rt_stolen']) {
    t.notOk(JSON.stringify(refused).includes(text))
    t.notOk(JSON.stringify(xwms.log).includes(text))
  }
})
