import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import { conformance } from './provider.ts'
import { approve, basic, begin, redeem, responseOf, signIn, userinfo } from './relying-party.ts'

const ALL = 'openid profile email address phone'

await conformance(statement => {
  statement(
    'ID-1',
    'The ID token has the standard claims, the nonce and sid, and no profile claims that were not asked for',
    async (t, provider) => {
      const party = await provider.client()
      const begun = begin(provider, party, { scope: ALL })
      const { code } = responseOf(await approve(provider.browser(), begun.url))
      const { body } = await redeem(provider, party, begun, code)
      const claims = decodeJwt(body.id_token)
      t.match(claims, { iss: provider.issuer, sub: provider.user.sub, aud: party.id, nonce: begun.nonce })
      t.type(claims.sid, 'string')
      t.type(claims.auth_time, 'number')
      t.ok((claims.sub?.length ?? 256) <= 255)
      t.ok((claims.exp ?? 0) > (claims.iat ?? 0))
      for (const name of ['name', 'email', 'address', 'phone_number', 'birthdate'])
        t.notOk(name in claims, name)
    },
  )

  statement('ID-2', 'Userinfo answers GET, POST with a header and POST with a body', async (t, provider) => {
    const { access_token } = await signIn(provider, await provider.client(), { scope: 'openid email' })
    const byGet = await userinfo(provider, access_token)
    t.match(byGet, { status: 200, body: { sub: provider.user.sub, email: 'ada@example.com' } })
    const byHeader = await provider.ask('/oauth/userinfo', {
      method: 'POST',
      headers: { authorization: `Bearer ${access_token}` },
    })
    const byBody = await provider.ask('/oauth/userinfo', { form: { access_token } })
    t.same(byHeader.body, byGet.body)
    t.same(byBody.body, byGet.body)
  })

  statement(
    'ID-3',
    'Userinfo answers signed where the client registered so, with the same sub',
    async (t, provider) => {
      for (const alg of ['RS256', 'ES256', 'EdDSA']) {
        const party = await provider.client({ metadata: { userinfo_signed_response_alg: alg } })
        const { access_token, id_token } = await signIn(provider, party, { scope: 'openid email' })
        const { headers, text } = await userinfo(provider, access_token)
        t.match(headers.get('content-type'), /^application\/jwt/)
        const { body: jwks } = await provider.ask('/.well-known/jwks.json')
        const { payload, protectedHeader } = await jwtVerify(text, createLocalJWKSet(jwks), {
          issuer: provider.issuer,
          audience: party.id,
          currentDate: provider.now(),
        })
        t.equal(protectedHeader.alg, alg)
        t.equal(payload.sub, decodeJwt(id_token ?? '').sub)
        t.equal(payload.email, 'ada@example.com')
      }
    },
  )

  statement(
    'ID-4',
    'Claims of profile, email, address and phone are typed as the specification says',
    async (t, provider) => {
      const { storage } = provider.kit.config
      await storage.addresses.create(
        provider.user.sub,
        {
          type: 'standard',
          name: 'Home',
          firstname: 'Ada',
          lastname: 'Lovelace',
          email: 'ada@example.com',
          postalCode: 'SW1Y 4LE',
          houseNumber: '12',
          street: "St James's Square",
          city: 'London',
          country: 'GB',
        } as Parameters<typeof storage.addresses.create>[1],
        provider.now(),
      )
      const { access_token } = await signIn(provider, await provider.client(), { scope: ALL })
      const { body } = await userinfo(provider, access_token)
      for (const name of ['sub', 'name', 'given_name', 'family_name', 'picture', 'birthdate', 'email'])
        t.type(body[name], 'string', name)
      t.type(body.updated_at, 'number')
      t.type(body.email_verified, 'boolean')
      t.type(body.address, 'object')
      t.match(body.address, { locality: 'London', postal_code: 'SW1Y 4LE', country: 'GB' })
    },
  )

  statement('ID-5', 'A token in the query is never accepted', async (t, provider) => {
    const { access_token } = await signIn(provider, await provider.client())
    const query = new URLSearchParams({ access_token })
    t.equal((await provider.ask(`/oauth/userinfo?${query}`)).status, 401)
    t.equal((await provider.ask(`${provider.resource}?${query}`)).status, 401)
  })

  statement(
    'ID-6',
    'Pairwise subjects differ by sector and stay the same within one, in every token and answer',
    async (t, provider) => {
      const pairwise = (host: string) =>
        provider.client({
          redirectUris: [`https://${host}/callback`],
          metadata: { subject_type: 'pairwise' },
        })
      const subs: string[] = []
      for (const host of ['one.example', 'one.example', 'two.example']) {
        const party = await pairwise(host)
        const { access_token, id_token } = await signIn(provider, party)
        const sub = decodeJwt(id_token ?? '').sub ?? ''
        t.not(sub, provider.user.sub)
        t.equal((await userinfo(provider, access_token)).body.sub, sub)
        const form = { token: access_token }
        const introspected = await provider.ask('/oauth/introspect', { headers: basic(party), form })
        t.equal(introspected.body.sub, sub)
        subs.push(sub)
      }
      t.equal(subs[0], subs[1])
      t.not(subs[0], subs[2])
    },
  )
})
