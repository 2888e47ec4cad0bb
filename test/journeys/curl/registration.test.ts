import { onEveryProvider, REDIRECT_URI } from '../../conformance/provider.ts'
import { curlFor, data } from '../../support/curl.ts'
import { INITIAL_ACCESS_TOKEN, withRegistration } from '../../support/registration.ts'

const json = (body: object) => ['-H', 'Content-Type: application/json', '--data-raw', JSON.stringify(body)]
const bearer = (token: string) => ['-H', `Authorization: Bearer ${token}`]

await onEveryProvider(flow => {
  flow('curl registers a client, reads it, changes it, and takes it away', async (t, provider) => {
    const curl = curlFor(t, provider)
    const { body: metadata } = await curl(`${provider.issuer}/.well-known/openid-configuration`)
    const asked = { redirect_uris: [REDIRECT_URI], grant_types: ['authorization_code', 'client_credentials'] }
    const registered = await curl(
      ...bearer(INITIAL_ACCESS_TOKEN),
      ...json(asked),
      metadata.registration_endpoint,
    )
    t.match(registered, { status: 201, body: asked })
    const { client_id, client_secret, registration_client_uri, registration_access_token } = registered.body
    const manage = (...args: string[]) =>
      curl(...bearer(registration_access_token), ...args, registration_client_uri)
    t.match(await manage(), { status: 200, body: { client_id, redirect_uris: [REDIRECT_URI] } })

    const authenticated = ['-u', `${client_id}:${client_secret}`]
    const push = () =>
      curl(
        ...authenticated,
        ...data({
          response_type: 'code',
          client_id,
          redirect_uri: REDIRECT_URI,
          scope: 'openid',
          code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
          code_challenge_method: 'S256',
        }),
        metadata.pushed_authorization_request_endpoint,
      )
    t.equal((await push()).status, 201, 'its secret is good')
    const renamed = { ...asked, client_id, client_name: 'Renamed' }
    t.match(await manage('-X', 'PUT', ...json(renamed)), { status: 200, body: { client_name: 'Renamed' } })
    t.equal((await manage('-X', 'DELETE')).status, 204)
    t.equal((await manage()).status, 401)
    t.match(await push(), { status: 401, body: { error: 'invalid_client' } })
  })

  flow('curl may not register without a token, nor nonsense with one', async (t, provider) => {
    const curl = curlFor(t, provider)
    const url = `${provider.issuer}/oauth/register`
    t.equal((await curl(...json({ redirect_uris: [REDIRECT_URI] }), url)).status, 401)
    const nonsense = json({ redirect_uris: ['javascript:alert(1)'] })
    const refused = await curl(...bearer(INITIAL_ACCESS_TOKEN), ...nonsense, url)
    t.match(refused, { status: 400, body: { error: 'invalid_redirect_uri' } })
  })
}, withRegistration)
