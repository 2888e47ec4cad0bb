import { createPublicKey, X509Certificate } from 'node:crypto'
import t from 'tap'
import { HttpError } from '../../../src/errors.ts'
import type { HttpRequest } from '../../../src/http/request.ts'
import type { ClientMetadata } from '../../../src/model/client-metadata.ts'
import type { JsonWebKey } from '../../../src/model/json-web-key.ts'
import { authenticateClient } from '../../../src/oauth/client-authentication/index.ts'
import {
  BRAINPOOL_CERTIFICATE,
  OTHER_CERTIFICATE,
  SHOP_CERTIFICATE,
  SHOP_SUBJECT,
} from '../../certificates.ts'
import { AUDIT, callWith } from '../../context/surroundings.ts'
import { gate } from '../../header-auth/gate.ts'
import { signer } from '../signer.ts'

async function scene(metadata: ClientMetadata) {
  const opened = gate(t)
  const { client, value } = await opened.client()
  await opened.storage.clients.update(client, { ...client, profile: 'fapi2', metadata }, AUDIT)
  const enter = async (
    request: Partial<HttpRequest>,
    form: Record<string, string> = { client_id: client.id },
  ) => {
    try {
      return (await authenticateClient(opened.context, callWith({ request }), form)).method
    } catch (error) {
      if (!(error instanceof HttpError)) throw error
      return error.code
    }
  }
  return { enter, id: client.id, value }
}

const verified = (clientCertificate: string) => ({ clientCertificate, clientCertificateVerified: true })

t.test(
  'a certificate that an authority vouches for proves the client that registered its subject',
  async t => {
    const names: ClientMetadata[] = [
      { tls_client_auth_subject_dn: SHOP_SUBJECT },
      { tls_client_auth_san_dns: 'shop.example.com' },
      { tls_client_auth_san_uri: 'https://shop.example.com/a,b' },
      { tls_client_auth_san_ip: '192.0.2.7' },
      { tls_client_auth_san_email: 'it@shop.example.com' },
    ]
    for (const name of names) {
      const { enter } = await scene({ token_endpoint_auth_method: 'tls_client_auth', ...name })
      const said = Object.keys(name).join()
      t.equal(await enter(verified(SHOP_CERTIFICATE)), 'tls_client_auth', said)
      t.equal(await enter(verified(OTHER_CERTIFICATE)), 'invalid_client', said)
      t.equal(
        await enter({ clientCertificate: SHOP_CERTIFICATE }),
        'invalid_client',
        'anybody can make that one',
      )
      t.equal(await enter({ clientCertificateVerified: true }), 'invalid_client', 'none')
      t.equal(await enter(verified('nonsense')), 'invalid_client', 'one that cannot be read')
    }
    const { enter } = await scene({ token_endpoint_auth_method: 'tls_client_auth' })
    t.equal(await enter(verified(SHOP_CERTIFICATE)), 'invalid_client', 'no subject was registered')
  },
)

t.test('a self-signed certificate proves the client that registered it, or its key', async t => {
  const certificate = new X509Certificate(SHOP_CERTIFICATE)
  const key = createPublicKey(SHOP_CERTIFICATE).export({ format: 'jwk' }) as JsonWebKey
  const other = (await signer('ES256')).publicJwk
  const sets: [name: string, keys: JsonWebKey[], method: string][] = [
    ['by x5c', [{ ...other, x5c: [certificate.raw.toString('base64')] }], 'self_signed_tls_client_auth'],
    ['by key', [other, key], 'self_signed_tls_client_auth'],
    ['by neither', [other], 'invalid_client'],
    ['by nothing', [], 'invalid_client'],
    ['by what is no key', [{ kty: 'nonsense' }], 'invalid_client'],
  ]
  for (const [name, keys, method] of sets) {
    const { enter } = await scene({
      token_endpoint_auth_method: 'self_signed_tls_client_auth',
      jwks: { keys },
    })
    t.equal(await enter({ clientCertificate: SHOP_CERTIFICATE }), method, name)
    t.equal(await enter({ clientCertificate: OTHER_CERTIFICATE }), 'invalid_client', name)
    t.equal(await enter({ clientCertificate: BRAINPOOL_CERTIFICATE }), 'invalid_client', 'no kind of JWK')
    t.equal(await enter({}), 'invalid_client', name)
  }
})

t.test('who is to prove itself by certificate cannot do so by secret', async t => {
  const { enter, id, value } = await scene({
    token_endpoint_auth_method: 'tls_client_auth',
    tls_client_auth_san_dns: 'shop.example.com',
  })
  t.equal(await enter(verified(SHOP_CERTIFICATE), { client_id: id, client_secret: value }), 'invalid_client')
})
