// What a caller writes into the fields that only a proxy should set.

import { type Asked, onEveryProvider } from '../conformance/provider.ts'
import { clientKey, dpop } from '../conformance/relying-party.ts'
import { formAround, type Page } from '../support/browser.ts'

const OWN = { grant_type: 'client_credentials', scope: 'orders:read' }

await onEveryProvider(flow => {
  flow('a certificate that stands in a header field proves nothing', async (t, provider) => {
    const { cert } = await provider.authority.client('O=Example, CN=rp')
    const der = cert.replace(/-----[^-]+-----|\s/g, '')
    const metadata = {
      token_endpoint_auth_method: 'tls_client_auth',
      tls_client_auth_subject_dn: 'CN=rp, O=Example',
      tls_client_certificate_bound_access_tokens: true,
    } as const
    const party = await provider.client({ metadata })
    const form = { client_id: party.id, ...OWN, resource: provider.resource }
    const certificate = await provider.authority.client('O=Example, CN=rp')
    const bound = await provider.ask('/oauth/token', { form, certificate })
    t.equal(bound.status, 200, 'the one of the connection does')
    const authorization = `Bearer ${bound.body.access_token}`
    const forged: Asked['headers'][] = [
      { 'client-cert': `:${der}:` },
      { 'x-forwarded-client-cert': `Cert="${encodeURIComponent(cert)}"` },
      { 'x-ssl-client-cert': encodeURIComponent(cert), 'x-ssl-client-verify': 'SUCCESS' },
      { 'ssl-client-cert': encodeURIComponent(cert), 'ssl-client-verify': 'SUCCESS' },
      { 'x-client-cert': der, 'x-client-verify': 'SUCCESS' },
      { 'x-arr-clientcert': der },
      { 'x-amzn-mtls-clientcert': encodeURIComponent(cert) },
      { 'cf-client-cert-der-base64': der, 'cf-cert-verified': 'true' },
    ]
    for (const headers of forged) {
      const name = Object.keys(headers ?? {})[0] as string
      t.equal((await provider.ask('/oauth/token', { form, headers })).status, 401, name)
      const stolen = await provider.ask(provider.resource, { headers: { ...headers, authorization } })
      t.equal(stolen.status, 401, name)
    }
  })

  flow(
    'forwarding fields change neither our address nor the method and address of a proof',
    async (t, provider) => {
      const forwarded = {
        'x-forwarded-host': 'evil.example',
        'x-forwarded-proto': 'http',
        'x-forwarded-port': '80',
        'x-forwarded-prefix': '/evil',
        'x-original-url': '/evil',
        'x-rewrite-url': '/evil',
        'x-http-method-override': 'GET',
        forwarded: 'host=evil.example;proto=http',
      }
      for (const path of ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server']) {
        const plain = await provider.ask(path)
        const { status, text } = await provider.ask(path, { headers: forwarded })
        t.equal(status, 200)
        t.equal(text, plain.text)
      }
      const sent = await provider.ask('/account', { headers: forwarded })
      t.equal(sent.headers.get('location'), `${provider.issuer}/sign-in?return_to=account`)

      const party = await provider.client()
      const key = await clientKey()
      const attempt = async (url: string) => {
        const headers = { ...forwarded, ...(await dpop(provider, key, { method: 'POST', url })) }
        const form = { client_id: party.id, client_secret: party.secret, ...OWN }
        return (await provider.ask('/oauth/token', { form, headers })).body.error
      }
      t.equal(await attempt('https://evil.example/op/oauth/token'), 'invalid_dpop_proof')
      t.equal(await attempt(`${provider.issuer}/oauth/token`), undefined)
    },
  )

  flow('who claims another address for each guess is still one who guesses', async (t, provider) => {
    const browser = provider.browser()
    const asking = await browser.open(`${provider.issuer}/device`)
    let page: Page = asking
    const { action, values } = formAround(asking, 'device-submit', { user_code: 'BCDF-GHJK' })
    for (let guess = 1; guess <= 60 && page.status !== 429; guess++) {
      const address = `203.0.113.${guess}`
      page = await browser.post(action, values, {
        origin: action.origin,
        'x-forwarded-for': address,
        'x-real-ip': address,
        'cf-connecting-ip': address,
        'true-client-ip': address,
        forwarded: `for=${address}`,
      })
    }
    t.equal(page.status, 429)
  })
})
