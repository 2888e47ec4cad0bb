import express from 'express'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { Mount } from '../mounted.ts'
import { ACCESS_TOKEN_SECONDS, CLIENT, NONCE, PEOPLE, REDIRECT_URI, SCOPES, STATE } from '../setting.ts'

/** No OAuth server: Express with a body parser, which always gives the same answer. */
export const mount: Mount = async ({ origin }) => {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const now = Math.floor(Date.now() / 1000)
  const idToken = await new SignJWT({ nonce: NONCE, auth_time: now })
    .setProtectedHeader({ alg: 'ES256', kid: 'constant' })
    .setIssuer(origin)
    .setSubject('1234567890123456')
    .setAudience(CLIENT.id)
    .setIssuedAt(now)
    .setExpirationTime(now + ACCESS_TOKEN_SECONDS)
    .sign(privateKey)
  const tokens = {
    access_token: 't'.repeat(43),
    token_type: 'Bearer',
    expires_in: ACCESS_TOKEN_SECONDS,
    scope: SCOPES.join(' '),
    id_token: idToken,
  }
  const introspection = {
    active: true,
    sub: '1234567890123456',
    client_id: CLIENT.id,
    iss: origin,
    iat: now,
    exp: now + ACCESS_TOKEN_SECONDS,
    scope: SCOPES.join(' '),
    token_type: 'Bearer',
  }
  const { givenName, familyName, name, email, picture } = PEOPLE[0] as (typeof PEOPLE)[number]
  const claims = {
    sub: '1234567890123456',
    name,
    given_name: givenName,
    family_name: familyName,
    picture,
    email,
    email_verified: true,
  }
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'constant', alg: 'ES256', use: 'sig' }] }
  const callback = `${REDIRECT_URI}?code=${'c'.repeat(43)}&state=${STATE}&iss=${encodeURIComponent(origin)}`

  const app = express()
  app.use(express.urlencoded({ extended: false }))
  app.get('/authorize', (_request, response) => void response.redirect(303, callback))
  app.post('/token', (_request, response) => void response.json(tokens))
  app.post('/introspect', (_request, response) => void response.json(introspection))
  app.get('/userinfo', (_request, response) => void response.json(claims))
  app.get('/jwks', (_request, response) => void response.json(jwks))
  return {
    listener: app,
    client: CLIENT,
    paths: {
      authorize: '/authorize',
      token: '/token',
      introspect: '/introspect',
      userinfo: '/userinfo',
      jwks: '/jwks',
    },
    close: async () => {},
  }
}
