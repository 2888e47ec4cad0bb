import { oauthProvider } from '@better-auth/oauth-provider'
import { type BetterAuthOptions, betterAuth } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import { jwt } from 'better-auth/plugins'
import express, { type Request as ExpressRequest, type Response as ExpressResponse } from 'express'
import pg from 'pg'
import type { Mount } from '../mounted.ts'
import {
  ACCESS_TOKEN_SECONDS,
  CLIENT,
  CODE_SECONDS,
  PEOPLE,
  POOL_SIZE,
  REDIRECT_URI,
  SCOPES,
  SERVICE_SCOPE,
  SESSION_SECONDS,
} from '../setting.ts'

const BASE_PATH = '/api/auth'
const PATHS = {
  authorize: `${BASE_PATH}/oauth2/authorize`,
  token: `${BASE_PATH}/oauth2/token`,
  introspect: `${BASE_PATH}/oauth2/introspect`,
  userinfo: `${BASE_PATH}/oauth2/userinfo`,
  jwks: `${BASE_PATH}/jwks`,
}

const PASSWORD = 'correct horse battery staple'

/**
 * better-auth with its OAuth provider on its own memory or PostgreSQL adapter, with pages that say yes at once. Its memory
 * adapter copies every table for each transaction, and the exchange of a code is one: the more tokens it keeps, the slower.
 */
export const mount: Mount = async ({ origin, databaseUrl }) => {
  const pool =
    databaseUrl === undefined ? undefined : new pg.Pool({ connectionString: databaseUrl, max: POOL_SIZE })
  const options = optionsFor(origin, pool ?? memoryAdapter(emptyTables()))
  if (pool) await (await getMigrations(options)).runMigrations()
  const auth = betterAuth(options)
  await register(auth)

  const app = express()
  app.all(`${BASE_PATH}/*splat`, toNodeHandler(auth))
  app.get('/sign-in', (request, response) => {
    const email = String(request.query.login_hint)
    return post(request, response, '/sign-in/email', { email, password: PASSWORD })
  })
  app.get('/consent', (request, response) => post(request, response, '/oauth2/consent', { accept: true }))

  /** Does what the script of a page would do, and takes the browser where the answer says. */
  async function post(request: ExpressRequest, response: ExpressResponse, path: string, fields: object) {
    const oauth_query = request.originalUrl.slice(request.originalUrl.indexOf('?') + 1)
    const { cookie = '' } = request.headers
    const answer = await auth.handler(
      new Request(origin + BASE_PATH + path, {
        method: 'POST',
        headers: { accept: 'application/json', 'content-type': 'application/json', cookie, origin },
        body: JSON.stringify({ ...fields, oauth_query }),
      }),
    )
    const body = await answer.text()
    if (!answer.ok) throw new Error(`better-auth answered ${answer.status} at ${path}: ${body}`)
    response.setHeader('set-cookie', answer.headers.getSetCookie())
    response.redirect(303, JSON.parse(body).url)
  }

  return { listener: app, client: CLIENT, paths: PATHS, close: async () => pool?.end() }
}

/** As its documentation says, with all that it offers to be faster. */
function optionsFor(origin: string, database: NonNullable<BetterAuthOptions['database']>) {
  return {
    baseURL: origin,
    basePath: BASE_PATH,
    secret: 'a secret that is long enough for the benchmark',
    database,
    emailAndPassword: {
      enabled: true,
      // Signing in is not measured, and thirty-two real hashes would take their time.
      password: { hash: async password => password, verify: async ({ hash, password }) => hash === password },
    },
    session: { expiresIn: SESSION_SECONDS, cookieCache: { enabled: true, maxAge: SESSION_SECONDS } },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { level: 'error', log: (_level, message, ...args) => console.error(message, ...args) },
    disabledPaths: ['/token'],
    plugins: [
      jwt({
        disableSettingJwtHeader: true,
        jwks: { keyPairConfig: { alg: 'ES256' }, disablePrivateKeyEncryption: true },
      }),
      oauthProvider({
        loginPage: '/sign-in',
        consentPage: '/consent',
        scopes: [...SCOPES, SERVICE_SCOPE],
        cachedTrustedClients: new Set([CLIENT.id]),
        clientPrivileges: () => true,
        generateClientId: () => CLIENT.id,
        generateClientSecret: () => CLIENT.secret,
        accessTokenExpiresIn: ACCESS_TOKEN_SECONDS,
        m2mAccessTokenExpiresIn: ACCESS_TOKEN_SECONDS,
        idTokenExpiresIn: ACCESS_TOKEN_SECONDS,
        codeExpiresIn: CODE_SECONDS,
        silenceWarnings: { oauthAuthServerConfig: true, openidConfig: true },
      }),
    ],
  } satisfies BetterAuthOptions
}

/** Everybody's account, and the client, which needs somebody signed in to make it. */
async function register(auth: ReturnType<typeof betterAuth<ReturnType<typeof optionsFor>>>): Promise<void> {
  let cookie = ''
  for (const { email, name, picture } of PEOPLE) {
    const { headers } = await auth.api.signUpEmail({
      body: { email, name, image: picture, password: PASSWORD },
      returnHeaders: true,
    })
    cookie = headers
      .getSetCookie()
      .map(set => set.split(';')[0])
      .join('; ')
  }
  await auth.api.adminCreateOAuthClient({
    headers: new Headers({ cookie }),
    body: {
      client_name: CLIENT.name,
      redirect_uris: [REDIRECT_URI],
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['authorization_code', 'client_credentials'],
      response_types: ['code'],
      scope: SCOPES.join(' '),
      client_credentials_scopes: [SERVICE_SCOPE],
    },
  })
}

function emptyTables(): Record<string, never[]> {
  const tables = [
    ...['user', 'session', 'account', 'verification', 'jwks'],
    ...['oauthClient', 'oauthAccessToken', 'oauthRefreshToken', 'oauthConsent'],
    ...['oauthResource', 'oauthClientResource', 'oauthClientAssertion'],
  ]
  return Object.fromEntries(tables.map(table => [table, []]))
}
