// What opens anything is in no row, no log line and no answer to somebody else.
import t from 'tap'
import { createSecret } from '../../src/manage/secrets.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { CALLBACK, installation, PASSWORD } from '../installation.ts'
import { authorizationRequest, proofKey, token, userinfo } from '../oauth/partner.ts'
import { proof, signer } from '../oauth/signer.ts'

/** A storage that writes down all that it is given, and all that it gives back. */
function overheard(storage: Storage, heard: string[]): Storage {
  const hear = (values: readonly unknown[]) => {
    for (const value of values) heard.push(JSON.stringify(value) ?? '')
  }
  const listened =
    (method: (...given: unknown[]) => unknown) =>
    async (...given: unknown[]) => {
      hear(given.filter(value => typeof value !== 'function'))
      const answer = await method(...given)
      hear([answer])
      return answer
    }
  const members = Object.entries(storage).map(([name, repository]) => {
    if (name === 'changes' || typeof repository !== 'object') return [name, repository]
    const methods = Object.entries(repository as object).map(([method, real]) => [method, listened(real)])
    return [name, Object.fromEntries(methods)]
  })
  return Object.fromEntries(members) as Storage
}

t.test('nothing that opens anything is stored or logged as it is', async t => {
  const heard: string[] = []
  const xwms = installation({}, storage => overheard(storage, heard))
  const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code'
  const shop = await xwms.client({ grantTypes: ['authorization_code', 'refresh_token', DEVICE] })
  const second = await createSecret(xwms.environment, { clientId: shop.client.id })
  const ada = await xwms.user()
  const browser = xwms.browser()
  const { challenge, verifier } = proofKey()
  const request = authorizationRequest(shop.client.id, challenge)
  const form = Object.fromEntries(new URLSearchParams(request.split('?')[1]))

  const pushed = await xwms.ask('POST', '/oauth/par', { form: { ...form, client_secret: shop.value } })
  const requestUri = JSON.parse(pushed.body).request_uri as string
  const signIn = await browser.get(
    `/oauth/authorize?${new URLSearchParams({ client_id: shop.client.id, request_uri: requestUri })}`,
  )
  const consent = await browser.signIn(signIn, ada)
  const { url } = await browser.decide(consent, 'allow')
  const code = url.searchParams.get('code') as string
  const redeem = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: verifier }
  const key = await signer()
  const first = await token(xwms, shop, redeem, {})
  const refreshed = await token(xwms, shop, {
    grant_type: 'refresh_token',
    refresh_token: first.body.refresh_token,
  })
  const dpop = await proof(key)
  await xwms.ask('POST', '/oauth/token', { form: redeem, headers: { dpop } })
  await userinfo(xwms, refreshed.body.access_token)
  const device = await xwms.ask('POST', '/oauth/device_authorization', {
    form: { client_id: shop.client.id, client_secret: shop.value, scope: 'openid' },
  })
  const begun = await xwms.ask('POST', '/api/sign-token', {
    headers: shop.headers,
    json: { redirect_url: CALLBACK },
  })
  const { pathname, search } = new URL(JSON.parse(begun.body).data.url)
  const callback = await browser.get(pathname + search)
  const back = callback.view.page === 'consent' ? await browser.decide(callback, 'allow') : callback
  const callbackToken = back.url.searchParams.get('token') as string
  await xwms.ask('POST', '/api/sign-token-verify', { headers: shop.headers, json: { token: callbackToken } })
  // Mistakes are where secrets get into logs.
  await token(xwms, shop, { ...redeem, code_verifier: 'x'.repeat(43) })
  await token(xwms, { ...shop, value: `${shop.value}x` }, redeem)
  xwms.pass(1)
  await browser.signIn(await browser.get(`${request}&prompt=login`), ada, 'not the password of Ada')
  await xwms.kit.close()

  const secrets: Record<string, string> = {
    password: PASSWORD,
    mistyped: 'not the password of Ada',
    clientSecret: shop.value,
    secondSecret: second.value,
    session: browser.cookies.get('__Host-xwms_session') as string,
    csrf: browser.cookies.get('__Host-xwms_csrf') as string,
    interaction: signIn.view.interaction,
    pushed: requestUri.split(':').pop() as string,
    code,
    verifier,
    accessToken: first.body.access_token,
    refreshToken: first.body.refresh_token,
    successor: refreshed.body.refresh_token,
    idToken: first.body.id_token,
    deviceCode: JSON.parse(device.body).device_code,
    userCode: JSON.parse(device.body).user_code.replace('-', ''),
    signToken: JSON.parse(begun.body).data.token,
    callbackToken,
    proof: dpop,
  }
  const log = JSON.stringify(xwms.log)
  t.ok(heard.length > 50)
  for (const [name, secret] of Object.entries(secrets)) {
    t.ok(secret && secret.length >= 8, name)
    t.notOk(
      heard.some(text => text.includes(secret)),
      `${name} is not stored`,
    )
    t.notOk(log.includes(secret), `${name} is not logged`)
  }
})

t.test('a confidential client without its proof gets nothing at any endpoint behind the browser', async t => {
  const xwms = installation()
  const shop = await xwms.client()
  const { challenge } = proofKey()
  const request = Object.fromEntries(
    new URLSearchParams(authorizationRequest(shop.client.id, challenge).split('?')[1]),
  )
  const form = { ...request, grant_type: 'client_credentials', token: 'xwms_at_found' }
  for (const path of ['token', 'par', 'revoke', 'introspect', 'device_authorization']) {
    for (const secret of [undefined, '', 'wrong', `${shop.value} `]) {
      const given = { ...form, ...(secret !== undefined && { client_secret: secret }) }
      const { status, body } = await xwms.ask('POST', `/oauth/${path}`, { form: given })
      t.equal(status, 401, `${path} ${secret}`)
      t.match(JSON.parse(body), { error: 'invalid_client' })
    }
  }
})
