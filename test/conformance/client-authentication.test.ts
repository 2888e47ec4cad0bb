import { updateClient } from '@xwms/core'
import { exportJWK } from 'jose'
import { selfSigned } from '../support/certificate.ts'
import { site } from '../support/site.ts'
import { conformance, type Provider } from './provider.ts'
import {
  assertingParty,
  assertion,
  basic,
  type ClientKey,
  clientKey,
  dpop,
  isInvalidClient,
  token,
} from './relying-party.ts'

const OWN = { grant_type: 'client_credentials', scope: 'orders:read' }

const seconds = (provider: Provider) => Math.floor(provider.now().getTime() / 1000)

await conformance(statement => {
  statement('TOKEN-1', 'client_secret_basic decodes id and secret as form values', async (t, provider) => {
    const party = await provider.client()
    const encoded = (text: string) => Array.from(text, char => `%${char.charCodeAt(0).toString(16)}`).join('')
    for (const id of [party.id, encoded(party.id)]) {
      for (const secret of [party.secret, encoded(party.secret)]) {
        const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
        const answer = await provider.ask('/oauth/token', { headers: { authorization }, form: OWN })
        t.equal(answer.status, 200, `${id}:${secret}`)
      }
    }
    const wrong = await provider.ask('/oauth/token', {
      headers: basic({ ...party, secret: `${party.secret}x` }),
      form: OWN,
    })
    isInvalidClient(t, wrong, 'a wrong secret')
    t.match(wrong.headers.get('www-authenticate'), /^Basic /)
  })

  statement('TOKEN-2', 'client_secret_post works', async (t, provider) => {
    const { id, secret } = await provider.client()
    const form = { ...OWN, client_id: id, client_secret: secret }
    t.equal((await provider.ask('/oauth/token', { form })).status, 200)
    isInvalidClient(
      t,
      await provider.ask('/oauth/token', { form: { ...form, client_secret: 'x' } }),
      'a wrong secret',
    )
  })

  statement(
    'TOKEN-3',
    'private_key_jwt works with jwks and with jwks_uri, which is fetched anew for an unknown kid',
    async (t, provider) => {
      for (const alg of ['ES256', 'PS256', 'RS256', 'EdDSA']) {
        const { party, key } = await assertingParty(provider, alg)
        const form = { ...OWN, ...(await assertion(provider, party, key)) }
        t.equal((await token(provider, party, form)).status, 200, alg)
      }
      let keys = [await clientKey()]
      let fetched = 0
      const origin = await site(t, provider.authority, (_request, response) => {
        fetched++
        response.setHeader('content-type', 'application/jwk-set+json')
        response.end(JSON.stringify({ keys: keys.map(({ publicJwk }) => publicJwk) }))
      })
      const party = await provider.client({
        metadata: {
          token_endpoint_auth_method: 'private_key_jwt',
          jwks_uri: `${origin}/jwks`,
        },
      })
      const attempt = async (key: ClientKey) =>
        token(provider, { ...party, secret: '' }, { ...OWN, ...(await assertion(provider, party, key)) })
      const [first] = keys as [ClientKey]
      t.equal((await attempt(first)).status, 200)
      t.equal((await attempt(first)).status, 200)
      t.equal(fetched, 1, 'kept')
      const second = await clientKey()
      keys = [second]
      provider.passes(60)
      t.equal((await attempt(second)).status, 200)
      t.equal(fetched, 2, 'fetched anew')
      isInvalidClient(t, await attempt(await clientKey()), 'a key that nobody published')
    },
  )

  statement(
    'TOKEN-4',
    'tls_client_auth and self_signed_tls_client_auth work with the certificate that the host passes',
    async (t, provider) => {
      const certificate = await provider.authority.client('O=Example, CN=rp')
      const stranger = await provider.authority.client('O=Example, CN=stranger')
      const party = await provider.client({
        metadata: {
          token_endpoint_auth_method: 'tls_client_auth',
          tls_client_auth_subject_dn: 'CN=rp, O=Example',
        },
      })
      const form = { ...OWN, client_id: party.id }
      t.equal((await provider.ask('/oauth/token', { form, certificate })).status, 200)
      isInvalidClient(t, await provider.ask('/oauth/token', { form }), 'no certificate')
      isInvalidClient(t, await provider.ask('/oauth/token', { form, certificate: stranger }), 'another')

      const own = await selfSigned('CN=self')
      const { X509Certificate } = await import('node:crypto')
      const x509 = new X509Certificate(own.cert)
      const jwk = await exportJWK(x509.publicKey)
      const selfMade = await provider.client({
        metadata: {
          token_endpoint_auth_method: 'self_signed_tls_client_auth',
          jwks: { keys: [{ ...jwk, kty: 'EC', x5c: [x509.raw.toString('base64')] }] },
        },
      })
      const selfForm = { ...OWN, client_id: selfMade.id }
      t.equal((await provider.ask('/oauth/token', { form: selfForm, certificate: own })).status, 200)
      const other = await selfSigned('CN=self')
      isInvalidClient(
        t,
        await provider.ask('/oauth/token', { form: selfForm, certificate: other }),
        'the same name, another key',
      )
    },
  )

  statement('TOKEN-5', "A client_id that is not the credentials' is invalid_client", async (t, provider) => {
    const party = await provider.client()
    const other = await provider.client()
    isInvalidClient(t, await token(provider, party, { ...OWN, client_id: other.id }), 'basic')
    const { party: asserting, key } = await assertingParty(provider)
    const form = { ...OWN, ...(await assertion(provider, asserting, key)), client_id: other.id }
    isInvalidClient(t, await token(provider, { ...asserting, secret: '' }, form), 'an assertion')
  })

  statement('TOKEN-6', 'Two methods at once are invalid_request', async (t, provider) => {
    const party = await provider.client()
    const both = { ...OWN, client_id: party.id, client_secret: party.secret }
    const { status, body } = await token(provider, party, both)
    t.strictSame([status, body.error], [400, 'invalid_request'])
  })

  statement(
    'TOKEN-7',
    'An assertion lacking iss, sub, aud or exp is invalid_client; so is a replayed one',
    async (t, provider) => {
      const { party, key } = await assertingParty(provider)
      for (const name of ['iss', 'sub', 'aud', 'exp']) {
        const parameters = await assertion(provider, party, key, { [name]: undefined })
        isInvalidClient(t, await token(provider, party, { ...OWN, ...parameters }), `no ${name}`)
      }
      for (const over of [{ iss: 'other' }, { sub: 'other' }, { aud: 'https://elsewhere.example' }]) {
        const parameters = await assertion(provider, party, key, over)
        isInvalidClient(t, await token(provider, party, { ...OWN, ...parameters }), JSON.stringify(over))
      }
      const parameters = await assertion(provider, party, key)
      t.equal((await token(provider, party, { ...OWN, ...parameters })).status, 200)
      isInvalidClient(t, await token(provider, party, { ...OWN, ...parameters }), 'a replay')
    },
  )

  statement(
    'TOKEN-8',
    'Ordinary clients may address an assertion to the token endpoint or the issuer',
    async (t, provider) => {
      const { party, key } = await assertingParty(provider)
      const endpoint = `${provider.issuer}/oauth/token`
      for (const aud of [provider.issuer, endpoint, [provider.issuer], ['https://x.example', endpoint]]) {
        const parameters = await assertion(provider, party, key, { aud })
        t.equal((await token(provider, party, { ...OWN, ...parameters })).status, 200, JSON.stringify(aud))
      }
    },
  )

  statement(
    'TOKEN-9',
    'Strict clients address it to the issuer alone, as a string; RS256, expired, and 60 seconds ahead are refused, 8 seconds tolerated',
    async (t, provider) => {
      const { party, key } = await assertingParty(provider, 'ES256', 'fapi2')
      const now = seconds(provider)
      const attempt = async (over: Record<string, unknown>, by = key) => {
        const proof = await dpop(provider, await clientKey(), {
          method: 'POST',
          url: `${provider.issuer}/oauth/token`,
        })
        const parameters = await assertion(provider, party, by, over)
        return token(provider, party, { ...OWN, ...parameters }, { headers: proof })
      }
      for (const over of [
        { aud: `${provider.issuer}/oauth/token` },
        { aud: [provider.issuer] },
        { aud: [provider.issuer, 'https://x.example'] },
        { exp: now - 60 },
        { iat: now + 60, nbf: now + 60 },
      ])
        isInvalidClient(t, await attempt(over), JSON.stringify(over))
      t.equal((await attempt({})).status, 200)
      t.equal((await attempt({ iat: now + 8, nbf: now + 8 })).status, 200)
      const rsa = await clientKey('RS256')
      await updateClient(provider.environment, party.id, {
        metadata: {
          token_endpoint_auth_method: 'private_key_jwt',
          jwks: { keys: [key.publicJwk, { ...rsa.publicJwk, alg: 'PS256' }] },
        },
      })
      isInvalidClient(t, await attempt({}, rsa), 'RS256')
    },
  )
})
