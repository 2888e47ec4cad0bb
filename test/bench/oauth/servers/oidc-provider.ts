import express from 'express'
import { exportJWK, generateKeyPair } from 'jose'
import { type Account, Provider } from 'oidc-provider'
import type { Mount } from '../mounted.ts'
import {
  ACCESS_TOKEN_SECONDS,
  CLAIMS,
  CLIENT,
  CODE_SECONDS,
  PEOPLE,
  type Person,
  REDIRECT_URI,
  SCOPES,
  SERVICE_SCOPE,
  SESSION_SECONDS,
} from '../setting.ts'
import { oidcDatabase } from './oidc-postgres.ts'

const PATHS = {
  authorize: '/auth',
  token: '/token',
  introspect: '/token/introspection',
  userinfo: '/me',
  jwks: '/jwks',
}

/**
 * oidc-provider on its own memory adapter, which keeps the 1000 entries that were used last, or on PostgreSQL, with an
 * interaction that says yes at once.
 */
export const mount: Mount = async ({ origin, databaseUrl }) => {
  const database = databaseUrl === undefined ? undefined : await oidcDatabase(databaseUrl)
  const findPerson = database?.findPerson ?? (async id => PEOPLE.find(({ email }) => email === id))
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const key = { ...(await exportJWK(privateKey)), kid: 'es256', alg: 'ES256', use: 'sig' }

  const provider = new Provider(origin, {
    ...(database && { adapter: database.adapter }),
    clients: [
      {
        client_id: CLIENT.id,
        client_name: CLIENT.name,
        client_secret: CLIENT.secret,
        token_endpoint_auth_method: 'client_secret_basic',
        redirect_uris: [REDIRECT_URI],
        response_types: ['code'],
        grant_types: ['authorization_code', 'client_credentials'],
        scope: [...SCOPES, SERVICE_SCOPE].join(' '),
        id_token_signed_response_alg: 'ES256',
      },
    ],
    jwks: { keys: [key] },
    cookies: { keys: ['a key that signs the cookies of the benchmark'] },
    scopes: [...SCOPES, SERVICE_SCOPE],
    claims: CLAIMS,
    responseTypes: ['code'],
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: {
        enabled: true,
        allowedPolicy: async (_context, client, token) => client.clientId === token.clientId,
      },
      rpInitiatedLogout: { enabled: false },
    },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    // Tokens outlive the session, so that it need not be looked up with each of them.
    expiresWithSession: async () => false,
    ttl: {
      AccessToken: ACCESS_TOKEN_SECONDS,
      AuthorizationCode: CODE_SECONDS,
      ClientCredentials: ACCESS_TOKEN_SECONDS,
      Grant: SESSION_SECONDS,
      IdToken: ACCESS_TOKEN_SECONDS,
      Interaction: 600,
      Session: SESSION_SECONDS,
    },
    findAccount: async (_context, id) => {
      const person = await findPerson(id)
      return person && account(id, person)
    },
  })
  provider.on('server_error', (_context, error) => console.error(error))

  const app = express()
  app.get('/interaction/:uid', async (request, response) => {
    const { params, session } = await provider.interactionDetails(request, response)
    const accountId = session?.accountId ?? String(params.login_hint)
    const grant = new provider.Grant({ accountId, clientId: String(params.client_id) })
    grant.addOIDCScope(String(params.scope))
    const result = { login: { accountId }, consent: { grantId: await grant.save() } }
    await provider.interactionFinished(request, response, result)
  })
  app.use(provider.callback())
  return { listener: app, client: CLIENT, paths: PATHS, close: async () => database?.close() }
}

function account(accountId: string, { name, givenName, familyName, picture, email }: Person): Account {
  return {
    accountId,
    claims: () => ({
      sub: accountId,
      name,
      given_name: givenName,
      family_name: familyName,
      picture,
      email,
      email_verified: true,
    }),
  }
}
