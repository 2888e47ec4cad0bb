import { createKit, type Kit } from '@xwms/core'
import { pages } from '@xwms/pages'
import { memory } from '@xwms/storage-memory'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { eventually } from '../support/eventually.ts'
import { logoutReceiver } from '../support/logout-receiver.ts'
import { publish } from '../support/site.ts'
import { conformance, type Party, type Provider } from './provider.ts'
import {
  approve,
  assertion,
  begin,
  clientKey,
  isInvalidClient,
  redeem,
  referenceUrl,
  responseOf,
  signed,
  signIn,
  userinfo,
} from './relying-party.ts'

const INITIAL_ACCESS_TOKEN = 'initial-access-token-of-the-conformance-tests'
const quiet = () => {}
const QUIET = { debug: quiet, info: quiet, warn: quiet, error: quiet }
const REDIRECT_URI = 'https://rp.example.com/callback'

function register(provider: Provider, metadata: object, bearer: string | null = INITIAL_ACCESS_TOKEN) {
  return provider.ask('/oauth/register', {
    headers: bearer === null ? {} : { authorization: `Bearer ${bearer}` },
    json: { redirect_uris: [REDIRECT_URI], client_name: 'Registered', ...metadata },
  })
}

/** What a kit answers to a registration, without a framework. */
async function handled(kit: Kit, metadata: object) {
  const match = kit.match('/oauth/register', '')
  if (match === undefined) return { status: 404, body: '' }
  return kit.handle(match, {
    method: 'POST',
    path: match.path,
    search: '',
    headers: { authorization: `Bearer ${INITIAL_ACCESS_TOKEN}`, 'content-type': 'application/json' },
    origin: 'https://rp.example.com',
    mountPath: '',
    secure: true,
    ip: '203.0.113.1',
    body: { state: 'raw', bytes: JSON.stringify(metadata) },
    hasLeft: false,
  })
}

/** What was registered, as the other helpers want it. */
async function registered(provider: Provider, metadata: object = {}): Promise<Party> {
  const { status, body, text } = await register(provider, metadata)
  if (status !== 201) throw new Error(text)
  const client = await provider.kit.config.storage.clients.find(body.client_id)
  if (client === undefined) throw new Error('The client is not stored.')
  return { client, id: body.client_id, secret: body.client_secret ?? '', redirectUri: body.redirect_uris[0] }
}

await conformance(
  statement => {
    statement(
      'REG-1',
      'Registration is off unless configured, and then asks for an initial access token',
      async (t, provider) => {
        t.equal((await register(provider, {}, null)).status, 401)
        t.equal((await register(provider, {}, 'wrong')).status, 401)
        t.equal((await register(provider, {})).status, 201)
        const off = createKit({
          issuer: 'https://off.example',
          storage: memory(),
          pages: pages(),
          logger: QUIET,
        })
        const answer = await handled(off, {})
        t.ok([403, 404].includes(answer.status))
        await off.close()
      },
    )

    statement(
      'REG-2',
      'It answers 201, repeats what was registered, and gives the management address and token together',
      async (t, provider) => {
        const { status, body, headers } = await register(provider, {
          scope: 'openid email',
          contacts: ['a@b.nl'],
        })
        t.equal(status, 201)
        t.match(headers.get('cache-control'), 'no-store')
        t.match(body, {
          client_id: String,
          client_secret: String,
          client_secret_expires_at: 0,
          client_id_issued_at: Number,
          client_name: 'Registered',
          redirect_uris: [REDIRECT_URI],
          grant_types: ['authorization_code'],
          response_types: ['code'],
          token_endpoint_auth_method: 'client_secret_basic',
          scope: 'openid email',
          contacts: ['a@b.nl'],
          registration_access_token: String,
        })
        t.ok(body.registration_client_uri.startsWith(`${provider.issuer}/`))
        t.ok(await signIn(provider, await registered(provider)))
      },
    )

    statement(
      'REG-3',
      'The registration can be read, replaced and deleted with its token, and with no other',
      async (t, provider) => {
        const { body } = await register(provider, {})
        const { registration_client_uri: uri, registration_access_token: own } = body
        const ask = (method: string, bearer: string, json?: object) =>
          provider.ask(uri, { method, headers: { authorization: `Bearer ${bearer}` }, json })
        const read = await ask('GET', own)
        t.match(read, { status: 200, body: { client_id: body.client_id, client_name: 'Registered' } })
        t.equal((await ask('GET', 'wrong')).status, 401)
        const theirs = await register(provider, {})
        t.equal((await ask('GET', theirs.body.registration_access_token)).status, 401)
        const replaced = await ask('PUT', own, {
          client_id: body.client_id,
          client_name: 'Renamed',
          redirect_uris: ['https://rp.example.com/other'],
        })
        t.match(replaced, { status: 200, body: { client_name: 'Renamed' } })
        t.equal((await ask('DELETE', 'wrong')).status, 401)
        t.equal((await ask('DELETE', own)).status, 204)
        t.equal((await ask('GET', own)).status, 401)
      },
    )

    statement(
      'REG-4',
      'Redirect URIs with fragments, a sector document that lacks one, and an initiate_login_uri without https are refused',
      async (t, provider) => {
        const site = await publish(t, provider.authority, { '/sector': ['https://rp.example.com/else'] })
        for (const [metadata, error] of [
          [{ redirect_uris: [`${REDIRECT_URI}#fragment`] }, 'invalid_redirect_uri'],
          [{ redirect_uris: ['javascript:alert(1)'] }, 'invalid_redirect_uri'],
          [{ redirect_uris: [] }, /^invalid_(redirect_uri|client_metadata)$/],
          [{ subject_type: 'pairwise', sector_identifier_uri: `${site}/sector` }, 'invalid_client_metadata'],
          [{ sector_identifier_uri: `${site}/missing` }, 'invalid_client_metadata'],
          [{ initiate_login_uri: 'http://rp.example.com/login' }, 'invalid_client_metadata'],
          [{ response_types: ['token'] }, 'invalid_client_metadata'],
          [{ grant_types: ['implicit'] }, 'invalid_client_metadata'],
          [{ token_endpoint_auth_method: 'client_secret_jwt' }, 'invalid_client_metadata'],
          [{ id_token_signed_response_alg: 'none' }, 'invalid_client_metadata'],
          [{ jwks_uri: `${site}/jwks`, jwks: { keys: [] } }, 'invalid_client_metadata'],
        ] as const) {
          const refused = await register(provider, metadata)
          t.match(refused, { status: 400, body: { error } }, JSON.stringify(metadata))
        }
      },
    )

    statement(
      'REG-5',
      'jwks_uri, pairwise subjects, algorithms, logout URIs and request_uris are honoured',
      async (t, provider) => {
        const [key, requestKey] = [await clientKey('ES256'), await clientKey('PS256')]
        const documents: Record<string, unknown> = {
          '/jwks': { keys: [key.publicJwk, requestKey.publicJwk] },
          '/sector': [REDIRECT_URI, 'https://sister.example.com/callback'],
          get '/unregistered.jwt'() {
            return t.fail('an address that is not registered was fetched')
          },
        }
        const site = await publish(t, provider.authority, documents)
        const receiver = await logoutReceiver(t, provider.authority)
        const sector = { subject_type: 'pairwise', sector_identifier_uri: `${site}/sector` }
        const party = await registered(provider, {
          ...sector,
          jwks_uri: `${site}/jwks`,
          token_endpoint_auth_method: 'private_key_jwt',
          token_endpoint_auth_signing_alg: 'ES256',
          request_object_signing_alg: 'PS256',
          authorization_signed_response_alg: 'PS256',
          id_token_signed_response_alg: 'ES256',
          userinfo_signed_response_alg: 'EdDSA',
          introspection_signed_response_alg: 'RS256',
          request_uris: [`${site}/request.jwt`, `${site}/weak.jwt`],
          post_logout_redirect_uris: ['https://rp.example.com/goodbye'],
          backchannel_logout_uri: receiver.uri,
        })
        const algOf = (jwt: string) => decodeProtectedHeader(jwt).alg

        const begun = begin(provider, party, { response_mode: 'jwt' })
        const request = {
          ...begun.parameters,
          iss: party.id,
          aud: provider.issuer,
          exp: Math.floor(provider.now().getTime() / 1000) + 300,
        }
        documents['/request.jwt'] = await signed(requestKey, request)
        documents['/weak.jwt'] = await signed(key, request)
        const browser = provider.browser()
        for (const [path, error] of [
          ['/unregistered.jwt', 'invalid_request_uri'],
          ['/weak.jwt', 'invalid_request_object'],
        ] as const) {
          const refused = await browser.open(referenceUrl(provider, party, site + path))
          t.match(refused, { status: 400, html: `<code dir="auto">${error}</code>` }, path)
        }
        const page = await approve(browser, referenceUrl(provider, party, `${site}/request.jwt`))
        const { response = '' } = responseOf(page)
        t.equal(algOf(response), 'PS256')
        const { code, state } = decodeJwt(response) as { code: string; state: string }
        t.equal(state, begun.state)

        for (const unfit of [requestKey, await clientKey('ES256')]) {
          const proof = await assertion(provider, party, unfit)
          isInvalidClient(t, await redeem(provider, party, begun, code, proof), unfit.alg)
        }
        const redeemed = await redeem(provider, party, begun, code, await assertion(provider, party, key))
        t.equal(redeemed.status, 200)
        const { id_token, access_token } = redeemed.body
        t.equal(algOf(id_token), 'ES256')
        const { sub, sid } = decodeJwt(id_token)
        t.equal(algOf((await userinfo(provider, access_token)).text), 'EdDSA')
        const introspected = await provider.ask('/oauth/introspect', {
          headers: { accept: 'application/token-introspection+jwt' },
          form: { token: access_token, ...(await assertion(provider, party, key)) },
        })
        t.equal(algOf(introspected.text), 'RS256')

        const redirect_uris = ['https://sister.example.com/callback']
        const sister = await registered(provider, { ...sector, redirect_uris })
        const sisters = await signIn(provider, sister, {}, { browser })
        t.equal(decodeJwt(sisters.id_token ?? '').sub, sub, 'one sector, though not one host')
        t.not(sub, provider.user.sub)

        const logout = (post_logout_redirect_uri: string) =>
          browser.open(
            `${provider.issuer}/oauth/logout?${new URLSearchParams({ id_token_hint: id_token, post_logout_redirect_uri })}`,
          )
        t.match(await logout('https://rp.example.com/elsewhere'), {
          status: 400,
          html: 'invalid_redirect_uri',
        })
        t.equal((await logout('https://rp.example.com/goodbye')).url.href, 'https://rp.example.com/goodbye')
        const [token = ''] = await eventually(
          async () => receiver.tokens,
          ({ length }) => length > 0,
        )
        t.match(decodeJwt(token), { aud: party.id, sub, sid })
        t.equal(algOf(token), 'ES256')
      },
    )

    statement('REG-6', 'Logo, policy and terms are shown at sign-in', async (t, provider) => {
      const party = await registered(provider, {
        logo_uri: 'https://rp.example.com/logo.png',
        policy_uri: 'https://rp.example.com/policy',
        tos_uri: 'https://rp.example.com/terms',
      })
      const browser = provider.browser()
      const signInPage = await browser.open(begin(provider, party).url)
      const consentPage = await browser.press(signInPage, 'login-submit', {
        login: 'ada@example.com',
        password: 'correct horse battery staple',
      })
      t.match(signInPage.html, 'https://rp.example.com/logo.png')
      for (const page of ['policy', 'terms']) t.match(consentPage.html, `https://rp.example.com/${page}`)
    })

    statement(
      'REG-7',
      'A client whose id is the address of its document signs users in',
      async (t, provider) => {
        const documents: Record<string, unknown> = {}
        const site = await publish(t, provider.authority, documents)
        const client_id = `${site}/client.json`
        const document = {
          client_id,
          client_name: 'Documented',
          redirect_uris: [REDIRECT_URI],
          token_endpoint_auth_method: 'none',
        }
        documents['/client.json'] = document
        const party = { id: client_id, secret: '', redirectUri: REDIRECT_URI } as Party
        const { id_token, access_token } = await signIn(provider, party)
        t.match(decodeJwt(id_token ?? ''), { aud: client_id, sub: provider.user.sub })
        t.equal((await userinfo(provider, access_token)).status, 200)

        documents['/liar.json'] = document
        documents['/secret.json'] = {
          ...document,
          client_id: `${site}/secret.json`,
          token_endpoint_auth_method: 'client_secret_basic',
        }
        for (const path of ['/liar.json', '/secret.json', '/missing.json']) {
          const page = await provider.browser().open(begin(provider, { ...party, id: site + path }).url)
          t.equal(page.url.origin, provider.origin)
          t.equal(page.status, 400, path)
        }
      },
    )

    statement(
      'REG-8',
      'What the kit fetches never comes from a private address unless configured',
      async (t, provider) => {
        const documents = { '/sector': [REDIRECT_URI] }
        const site = await publish(t, provider.authority, documents)
        const { port } = new URL(site)
        const careful = createKit({
          issuer: 'https://careful.example',
          storage: memory(),
          pages: pages(),
          logger: QUIET,
          outbound: { ca: provider.authority.cert },
          oauth: { registration: { workspaceId: 'ws_1', initialAccessTokens: [INITIAL_ACCESS_TOKEN] } },
        })
        for (const host of [
          'localhost',
          '127.0.0.1',
          '[::1]',
          '[::ffff:127.0.0.1]',
          '169.254.169.254',
          '10.0.0.1',
        ]) {
          const metadata = {
            redirect_uris: [REDIRECT_URI],
            sector_identifier_uri: `https://${host}:${port}/sector`,
          }
          const answer = await handled(careful, metadata)
          t.match(answer, { status: 400, body: /invalid_client_metadata/ }, host)
        }
        const allowed = await register(provider, { sector_identifier_uri: `${site}/sector` })
        t.equal(allowed.status, 201, 'where it is configured')
        await careful.close()
      },
    )

    statement(
      'REG-9',
      'An update that includes what the server alone sets is refused, and replaces nothing',
      async (t, provider) => {
        const { body } = await register(provider, {})
        const { registration_client_uri: uri, registration_access_token: own } = body
        const replace = (json: object) =>
          provider.ask(uri, { method: 'PUT', headers: { authorization: `Bearer ${own}` }, json })
        const metadata = { client_id: body.client_id, client_name: 'Renamed', redirect_uris: [REDIRECT_URI] }
        for (const member of [
          'registration_access_token',
          'registration_client_uri',
          'client_secret_expires_at',
          'client_id_issued_at',
        ]) {
          const refused = await replace({ ...metadata, [member]: body[member] })
          t.match(refused, { status: 400, body: { error: 'invalid_client_metadata' } }, member)
          t.match(refused.body.error_description, member)
        }
        const read = await provider.ask(uri, { headers: { authorization: `Bearer ${own}` } })
        t.match(read.body, { client_name: 'Registered' })
        t.match(await replace(metadata), { status: 200, body: { client_name: 'Renamed' } })
      },
    )
  },
  ({ workspaceId }) => ({
    oauth: {
      registration: { workspaceId, initialAccessTokens: [INITIAL_ACCESS_TOKEN] },
      clientIdMetadataDocuments: { workspaceId },
    },
  }),
)
