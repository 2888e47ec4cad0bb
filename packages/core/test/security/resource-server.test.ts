// What a route under protect({ resource }) lets in, and what it tells the host.
import t from 'tap'
import { SHOP_CERTIFICATE } from '../certificates.ts'
import { NOW } from '../installation.ts'
import { token } from '../oauth/partner.ts'
import { proof, signer } from '../oauth/signer.ts'
import { ORDERS, scene } from '../token-auth/resource.ts'

t.test('a route knows when and how its user signed in, and that a client alone did not', async t => {
  const at = await scene()
  const accessToken = await at.userToken()
  at.pass(600)
  t.match((await at.admitted(accessToken)).caller, { authenticatedAt: NOW, acr: /\S/, amr: ['pwd'] })
  const { caller: own } = await at.admitted(await at.token())
  t.strictSame([own.authenticatedAt, own.acr, own.amr], [undefined, undefined, []])
})

t.test('a resource that asks for bound tokens gives and takes no others', async t => {
  const resources = { [ORDERS]: { name: 'Orders', requireSenderConstraint: true } }
  const at = await scene({}, { oauth: { resources } })
  const form = { grant_type: 'client_credentials', scope: 'orders:read', resource: ORDERS }
  t.match(await token(at, at.shop, form), { status: 400, body: { error: 'invalid_target' } })

  const key = await signer()
  const bound = await at.token({}, { headers: { dpop: await proof(key) } })
  const headers = async () => ({
    authorization: `DPoP ${bound}`,
    dpop: await proof(key, { htm: 'GET', htu: ORDERS, accessToken: bound }),
  })
  t.match(await at.come(await headers()), { admitted: true })
  // Stolen: without the key, by another one, and as if it were a bearer token.
  const other = await signer()
  for (const stolen of [
    { authorization: `DPoP ${bound}` },
    { authorization: `Bearer ${bound}` },
    {
      authorization: `DPoP ${bound}`,
      dpop: await proof(other, { htm: 'GET', htu: ORDERS, accessToken: bound }),
    },
  ]) {
    t.match(await at.refused(stolen), { status: 401 })
  }
})

t.test('a token from before a resource asked for bound ones is taken no more', async t => {
  const at = await scene()
  const bearer = await at.token()
  t.match(await at.come({ authorization: `Bearer ${bearer}` }), { admitted: true })
  const strict = await scene(
    {},
    {
      storage: at.storage,
      oauth: { resources: { [ORDERS]: { name: 'Orders', requireSenderConstraint: true } } },
    },
  )
  t.match(await strict.refused({ authorization: `Bearer ${bearer}` }), {
    status: 401,
    body: { error: 'invalid_token' },
  })
})

t.test('a certificate binds as well as a key does', async t => {
  const resources = { [ORDERS]: { name: 'Orders', requireSenderConstraint: true } }
  const at = await scene(
    {},
    { oauth: { resources } },
    { metadata: { tls_client_certificate_bound_access_tokens: true } },
  )
  const bound = await at.token({}, { clientCertificate: SHOP_CERTIFICATE })
  const authorization = `Bearer ${bound}`
  t.match(await at.come({ authorization }, { certificate: () => SHOP_CERTIFICATE }), { admitted: true })
  t.match(await at.refused({ authorization }), { status: 401 })
})
