import {
  type AddressFields,
  addDomain,
  type Client,
  createClient,
  createUser,
  createWorkspace,
  type Domain,
  type DomainInput,
  type IssuedSecret,
  type Kit,
  type ManageEnvironment,
  type Storage,
  type User,
  type UserInput,
  type Workspace,
} from '@xwms/core'
import { memory } from '@xwms/storage-memory'

/** The password of everybody who can sign in. */
export const PASSWORD = 'correct horse battery staple'

/** What every journey finds in its storage: a workspace with one client, which may do everything on one test domain. */
export interface Seeded {
  readonly environment: ManageEnvironment
  /** Ada, who can sign in with {@link PASSWORD}. */
  readonly user: User
  readonly workspace: Workspace
  readonly client: Client
  readonly domain: Domain
  readonly secret: IssuedSecret
  /** The credential headers of the client on its domain. */
  readonly headers: Readonly<Record<string, string>>
}

export interface SeedOptions {
  /** Granted to the client. Default: every scope of the kit. */
  readonly scopes?: readonly string[]
  readonly redirectUris?: readonly string[]
  readonly domain?: Partial<DomainInput>
}

export const REDIRECT_URI = 'https://shop.example.com/callback'

/** Fills the storage of a kit, through the same functions as the command line does. */
export async function seed(kit: Kit, options: SeedOptions = {}): Promise<Seeded> {
  const { storage, plans, scopes, now } = kit.config
  const environment: ManageEnvironment = { storage, plans, scopes, now: now(), actor: 'test', ip: undefined }
  const user = await addUser(kit, {
    email: 'ada@example.com',
    givenName: 'Ada',
    familyName: 'Lovelace',
    emailVerified: true,
    test: true,
    picture: 'https://example.com/ada.png',
    birthDate: '1815-12-10',
    country: 'GB',
  })
  const workspace = await createWorkspace(environment, {
    name: 'Paper Plane',
    plan: Object.hasOwn(plans, 'enterprise') ? 'enterprise' : (Object.keys(plans)[0] as string),
    owner: user.sub,
  })
  const { client, secret } = await createClient(environment, {
    workspaceId: workspace.id,
    name: 'Paper Shop',
    scopes: options.scopes ?? Object.keys(scopes),
    redirectUris: options.redirectUris ?? [REDIRECT_URI],
  })
  const domain = await addDomain(environment, {
    clientId: client.id,
    host: 'shop.example.com',
    mode: 'test',
    ...options.domain,
  })
  if (secret === undefined) throw new Error('A confidential client has a secret.')
  return {
    environment,
    user,
    workspace,
    client,
    domain,
    secret,
    headers: credentials(client, secret, domain),
  }
}

/** The credential headers of a client. */
export function credentials(client: Client, secret: IssuedSecret, domain: Domain): Record<string, string> {
  return { 'x-client-id': client.id, 'x-client-secret': secret.value, 'x-client-domain': domain.host }
}

/**
 * Adds somebody who can sign in with {@link PASSWORD}.
 * @param known what a host may know of them, and a form does not ask
 */
export async function addUser(
  kit: Kit,
  input: UserInput,
  known: Partial<Pick<User, 'locale'>> = {},
): Promise<User> {
  const { storage, now } = kit.config
  passwordHash ??= hashOfPassword()
  const hash = await passwordHash
  const users: Storage['users'] = {
    find: storage.users.find,
    findByEmail: storage.users.findByEmail,
    rehash: storage.users.rehash,
    create: (user, audit) => storage.users.create({ ...user, ...known, passwordHash: hash }, audit),
  }
  await createUser(environmentOf({ ...storage, users }, now()), input)
  return (await storage.users.findByEmail(input.email)) as User
}

/** Adds Grace, of whom everything is known that there is a claim for. */
export async function addGrace(kit: Kit): Promise<User> {
  const user = await addUser(
    kit,
    {
      email: 'grace@example.com',
      emailVerified: true,
      name: 'Grace B. Hopper',
      givenName: 'Grace',
      familyName: 'Hopper',
      picture: 'https://example.com/grace.png',
      birthDate: '1906-12-09',
      gender: 'female',
      phoneNumber: '+12025550123',
      country: 'US',
      test: true,
    },
    { locale: 'en-US' },
  )
  const address = {
    type: 'standard',
    postalCode: '22202',
    houseNumber: '1400',
    street: 'South Joyce Street',
    city: 'Arlington',
    country: 'US',
  } as AddressFields
  await kit.config.storage.addresses.create(user.sub, address, kit.config.now())
  return user
}

/** A memory-hard hash takes its time, so each process makes one and gives it to everybody. */
let passwordHash: Promise<string | undefined> | undefined

async function hashOfPassword(): Promise<string | undefined> {
  const input = { email: 'hash@example.com', password: PASSWORD }
  const { passwordHash } = await createUser(environmentOf(memory(), new Date()), input)
  return passwordHash
}

function environmentOf(storage: Storage, now: Date): ManageEnvironment {
  return { storage, plans: {}, scopes: undefined, now, actor: 'test', ip: undefined }
}
