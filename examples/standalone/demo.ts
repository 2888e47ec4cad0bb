import { createHash, randomInt } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  addDomain,
  createClient,
  createSecret,
  createUser,
  createWorkspace,
  existingClient,
  InputError,
  type IssuedSecret,
  type Kit,
  type ManageEnvironment,
  type User,
  updateClient,
} from '@xwms/core'

/** Who may sign in to the demonstration, and with what its partner app calls. */
interface Credentials {
  readonly email: string
  readonly password: string
  readonly clientId: string
  readonly clientSecret: string
  /** The registered domain, for `X-Client-Domain`. */
  readonly domain: string
}

export interface Demo extends Credentials {
  /** Whose client it is, and who would pay. */
  readonly workspaceId: string
}

/** The domain of programs on this machine; in test mode, so that http is tolerated and nothing is ever billed. */
const DOMAIN = 'localhost'

/**
 * The demonstration's own user, client and secret, made when the database does not have them.
 *
 * The database keeps passwords and secrets only as hashes, so what was made is also kept in a file that nobody but the
 * owner can read: the same credentials work after every start.
 * @param file where; see {@link demoFile}
 * @param callbackUrl where the browser returns to the partner app, which may have another port than the last time
 */
export async function ensureDemo(kit: Kit, file: string, callbackUrl: string): Promise<Demo> {
  const { storage, plans, scopes, now } = kit.config
  const environment: ManageEnvironment = { storage, plans, scopes, now: now(), actor: 'demo', ip: undefined }
  const { clientId, ...credentials } = await ensureCredentials(environment, file, callbackUrl)
  const { workspaceId } = await existingClient(environment, clientId)
  return { ...credentials, clientId, workspaceId }
}

async function ensureCredentials(
  environment: ManageEnvironment,
  file: string,
  callbackUrl: string,
): Promise<Credentials> {
  const { storage } = environment
  const kept = await readDemo(file)
  const client = kept && (await storage.clients.find(kept.clientId))
  const user = kept && (await storage.users.findByEmail(kept.email))
  if (!kept || !client || !user) return await save(file, await seed(environment, callbackUrl))

  if (!client.redirectUris.includes(callbackUrl)) {
    // The latest are enough: each other port that was ever tried would be one more place to send a sign-in to.
    const redirectUris = [callbackUrl, ...client.redirectUris].slice(0, 5)
    await updateClient(environment, client.id, { redirectUris })
  }
  if (await secretWorks(environment, kept)) return kept
  const { value } = await createSecret(environment, { clientId: client.id, name: 'Demo' })
  return await save(file, { ...kept, clientSecret: value })
}

/** A file for each database, so that changing between two of them makes nothing twice. */
export function demoFile(directory: string, databaseUrl: string | undefined): string {
  if (databaseUrl === undefined) return join(directory, 'demo.json')
  const { host, pathname } = new URL(databaseUrl)
  const database = createHash('sha256').update(`${host}${pathname}`).digest('hex').slice(0, 8)
  return join(directory, `demo-${database}.json`)
}

async function seed(environment: ManageEnvironment, callbackUrl: string): Promise<Credentials> {
  const password = [readable(4), readable(4), readable(4)].join('-')
  const user = await createDemoUser(environment, password)
  const { id: workspaceId } = await createWorkspace(environment, {
    name: 'Harbour Coffee',
    plan: 'enterprise',
    owner: user.sub,
  })
  const { client, secret } = await createClient(environment, {
    workspaceId,
    name: 'Harbour Coffee',
    uri: new URL(callbackUrl).origin,
    redirectUris: [callbackUrl],
    scopes: ['userinfo', 'orders:read', 'openid', 'profile', 'email'],
  })
  await addDomain(environment, { clientId: client.id, host: DOMAIN, mode: 'test' })
  // Every confidential client, which is what it is by default, begins with a secret.
  const { value } = secret as IssuedSecret
  return { email: user.email, password, clientId: client.id, clientSecret: value, domain: DOMAIN }
}

/** A database that we come to without our file may have our user already, with a password that nobody knows any more. */
async function createDemoUser(environment: ManageEnvironment, password: string): Promise<User> {
  for (let email = 'robin@example.com'; ; email = `robin-${readable(4)}@example.com`) {
    try {
      return await createUser(environment, {
        email,
        password,
        emailVerified: true,
        test: true,
        givenName: 'Robin',
        familyName: 'Visser',
        birthDate: '1991-04-18',
        country: 'NL',
        socials: [{ platform: 'Mastodon', username: '@robin', url: 'https://social.example/@robin' }],
      })
    } catch (error) {
      if (!(error instanceof InputError && error.code === 'email_taken')) throw error
    }
  }
}

/** Somebody who tries things out may have revoked the secret. Its last characters tell it from others. */
async function secretWorks({ storage, now }: ManageEnvironment, demo: Credentials): Promise<boolean> {
  const secrets = await storage.clients.secrets(demo.clientId)
  const secret = secrets.find(({ hint }) => demo.clientSecret.endsWith(hint))
  return secret !== undefined && !secret.revokedAt && !(secret.expiresAt && secret.expiresAt <= now)
}

async function readDemo(file: string): Promise<Credentials | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  try {
    const { email, password, clientId, clientSecret, domain } = JSON.parse(text) as Record<string, unknown>
    const demo = { email, password, clientId, clientSecret, domain }
    return Object.values(demo).every(value => typeof value === 'string') ? (demo as Credentials) : undefined
  } catch {
    // Nothing that we wrote; it is made anew.
    return undefined
  }
}

/** Under another name first, so that a start that is interrupted leaves the old file or the new one. */
async function save(file: string, demo: Credentials): Promise<Credentials> {
  await mkdir(join(file, '..'), { recursive: true, mode: 0o700 })
  const unfinished = `${file}.${process.pid}`
  await writeFile(unfinished, `${JSON.stringify(demo, undefined, 2)}\n`, { mode: 0o600 })
  await rename(unfinished, file)
  return demo
}

/** Without the characters that are mistaken for others. */
const READABLE = 'abcdefghjkmnpqrstuvwxyz23456789'

function readable(length: number): string {
  return Array.from({ length }, () => READABLE[randomInt(READABLE.length)]).join('')
}
