import {
  type Accounts,
  addDomain,
  createClient,
  createUser,
  createWorkspace,
  type Kit,
  type Logger,
  type Storage,
} from '@xwms/core'
import { xwms } from '@xwms/express'
import { postgres } from '@xwms/storage-kysely'
import { memory } from '@xwms/storage-memory'
import express from 'express'
import type { Mount, Mounted } from '../mounted.ts'
import { CLIENT, PEOPLE, POOL_SIZE, REDIRECT_URI, SCOPES, SERVICE_SCOPE } from '../setting.ts'

const PATHS = {
  authorize: '/oauth/authorize',
  token: '/oauth/token',
  introspect: '/oauth/introspect',
  userinfo: '/oauth/userinfo',
  jwks: '/.well-known/jwks.json',
}

const quiet = () => {}
/** Whatever goes wrong stops the benchmark at the first answer; what happened is on standard error. */
const logger: Logger = { debug: quiet, info: quiet, warn: quiet, error: console.error }

/** Far fewer than the tokens that are asked about in turn, so that hardly one is still there when its turn comes again. */
const FEW = 4

/**
 * XWMS as it comes, over memory or PostgreSQL. It keeps access tokens that were asked about in memory for a short while, so
 * introspection and userinfo hardly meet the storage here: the others look there each time, and so does the cold one.
 */
export const mount: Mount = async ({ origin, databaseUrl, cold }) => {
  const storage =
    databaseUrl === undefined
      ? memory()
      : postgres({ connectionString: databaseUrl, migrate: true, maxConnections: POOL_SIZE })
  const auth = xwms({
    issuer: origin,
    storage,
    accounts: accountsIn(storage),
    scopes: { [SERVICE_SCOPE]: 'Read orders' },
    logger,
    ...(cold && { credentialCache: { maxCallers: FEW } }),
  })
  await auth.ready()
  const client = await register(auth.kit)
  const app = express()
  app.use(auth)
  return { listener: app, client, paths: PATHS, close: auth.close }
}

/** The built-in accounts, but for the password: signing in is not measured, and its real hash takes its time. */
function accountsIn(storage: Storage): Accounts {
  return {
    find: sub => storage.users.find(sub),
    signIn: login => storage.users.findByEmail(login),
  }
}

/** Everybody's account, and a client with a domain in test mode, which plain HTTP is enough for. */
async function register({ config }: Kit): Promise<Mounted['client']> {
  const { storage, plans, scopes, now } = config
  const environment = { storage, plans, scopes, now: now(), actor: 'benchmark', ip: undefined }
  for (const { email, givenName, familyName, picture } of PEOPLE)
    await createUser(environment, { email, givenName, familyName, picture, emailVerified: true, test: true })
  const workspace = await createWorkspace(environment, { name: 'Shop', plan: 'enterprise', owner: '1' })
  const { client, secret } = await createClient(environment, {
    workspaceId: workspace.id,
    name: CLIENT.name,
    redirectUris: [REDIRECT_URI],
    scopes: [...SCOPES, SERVICE_SCOPE],
    grantTypes: ['authorization_code', 'client_credentials'],
    metadata: { id_token_signed_response_alg: 'ES256' },
  })
  const host = new URL(REDIRECT_URI).host
  await addDomain(environment, { clientId: client.id, host, mode: 'test' })
  return { id: client.id, secret: secret?.value ?? '' }
}
