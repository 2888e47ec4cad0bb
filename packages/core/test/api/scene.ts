import { memory } from '@xwms/storage-memory'
import { createConfig } from '../../src/config/config.ts'
import type { KitOptions } from '../../src/config/options.ts'
import type { Context } from '../../src/context/context.ts'
import type { GuardedEndpoint, OpenEndpoint } from '../../src/context/endpoint.ts'
import { HttpError } from '../../src/errors.ts'
import { errorEnvelope } from '../../src/http/envelope.ts'
import type { HttpRequest } from '../../src/http/request.ts'
import type { HttpResponse } from '../../src/http/response.ts'
import type { Client, Domain } from '../../src/model/client.ts'
import type { AuditEntry } from '../../src/model/usage.ts'
import type { AddressFields, User } from '../../src/model/user.ts'
import type { Workspace } from '../../src/model/workspace.ts'
import { PLAIN_PAGES } from '../installation.ts'

export const NOW = new Date('2026-03-04T05:06:07.089Z')

const WORKSPACE: Workspace = {
  id: 'ws_1',
  name: 'Paper Plane',
  plan: 'basic',
  planStatus: 'active',
  monthlyRequestCap: undefined,
  monthlySpendCapNanoEuro: undefined,
  billing: undefined,
  createdAt: NOW,
}

const CLIENT: Client = {
  id: 'client_1',
  workspaceId: WORKSPACE.id,
  name: 'Shop',
  type: 'confidential',
  profile: 'oauth2.1',
  source: 'managed',
  enabled: true,
  linksSecretsToDomains: false,
  requirePkce: true,
  grantTypes: [],
  scopes: ['userinfo', 'useraddresses'],
  redirectUris: [],
  uri: undefined,
  logoUri: undefined,
  policyUri: undefined,
  tosUri: undefined,
  metadata: {},
  rateLimit: undefined,
  rateLimitSetBy: undefined,
  rateLimitSetAt: undefined,
  operatorRateLimit: undefined,
  operatorRateLimitSetBy: undefined,
  operatorRateLimitSetAt: undefined,
  registrationTokenHash: undefined,
  createdAt: NOW,
  updatedAt: NOW,
}

const DOMAIN: Domain = {
  id: 'dom_1',
  clientId: CLIENT.id,
  host: 'shop.example.com',
  mode: 'live',
  active: true,
  loginAllowed: true,
  apiAllowed: true,
  ipAllowlist: [],
  testUsersOnly: false,
  fallbackUri: undefined,
  createdAt: NOW,
}

const USER: User = {
  sub: '9007199254740991',
  email: 'ada@example.com',
  emailVerified: true,
  passwordHash: undefined,
  name: 'Ada Lovelace',
  givenName: 'Ada',
  familyName: 'Lovelace',
  picture: 'https://example.com/ada.png',
  birthDate: '1815-12-10',
  gender: 'female',
  secondEmail: 'countess@example.com',
  phoneNumber: '+44 20 7946 0000',
  country: 'GB',
  locale: 'en',
  socials: [{ platform: 'instagram', username: 'ada', url: 'https://instagram.com/ada' }],
  test: false,
  disabledAt: undefined,
  createdAt: NOW,
  updatedAt: NOW,
}

const AUDIT: AuditEntry = {
  id: 'audit_1',
  at: NOW,
  actor: 'test',
  action: 'user.created',
  workspaceId: undefined,
  target: '',
  ip: undefined,
  before: undefined,
  after: undefined,
}

const REQUEST: HttpRequest = {
  method: 'POST',
  path: '/',
  search: '',
  headers: {},
  origin: 'https://id.example.com',
  mountPath: '',
  secure: true,
  ip: '203.0.113.10',
  body: { state: 'parsed', value: {} },
  hasLeft: false,
}

/** What came of a call. */
export interface Outcome {
  readonly status: number
  /** The envelope. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever an answer holds.
  readonly body: any
  /** Whom the meter was told about. */
  readonly concerned: string | undefined
  readonly response: HttpResponse
}

/** An XWMS over memory storage with one client, whose endpoints are called past the rule chain. */
export interface Scene {
  readonly context: Context
  /** Stores somebody. */
  user(over?: Partial<User>): Promise<User>
  /** Stores somebody who approved the client. */
  approvedUser(over?: Partial<User>, scopes?: readonly string[]): Promise<User>
  address(user: User, over?: Partial<AddressFields>): Promise<number>
  call(endpoint: OpenEndpoint | GuardedEndpoint, json?: unknown, over?: CallOverrides): Promise<Outcome>
}

export interface CallOverrides {
  readonly client?: Partial<Client>
  readonly domain?: Partial<Domain>
  readonly request?: Partial<HttpRequest>
  readonly baseUrl?: string
}

export function scene(options: Partial<KitOptions> = {}): Scene {
  const storage = memory()
  const config = createConfig({
    issuer: 'https://id.example.com',
    storage,
    pages: PLAIN_PAGES,
    now: () => NOW,
    ...options,
  })
  const context: Context = {
    config,
    storage,
    accounts: config.accounts ?? {
      find: sub => storage.users.find(sub),
      signIn: async () => undefined,
    },
    logger: config.logger,
    now: config.now,
    meter: notCalled('meter'),
    limiter: notCalled('limiter'),
    outage: notCalled('outage'),
    sampler: notCalled('sampler'),
    guardPairs: notCalled('guardPairs'),
    plans: notCalled('plans'),
    callers: notCalled('callers'),
    clients: notCalled('clients'),
    keys: notCalled('keys'),
    resources: notCalled('resources'),
    accessTokens: notCalled('accessTokens'),
    outbound: notCalled('outbound'),
    clientDocuments: notCalled('clientDocuments'),
    events: notCalled('events'),
    protection: notCalled('protection'),
    logouts: notCalled('logouts'),
  }

  async function user(over: Partial<User> = {}): Promise<User> {
    const sub = over.sub ?? USER.sub
    const stored: User = { ...USER, sub, email: `${sub}@example.com`, ...over }
    await storage.users.create(stored, AUDIT)
    return stored
  }

  return {
    context,
    user,
    async approvedUser(over, scopes = CLIENT.scopes) {
      const stored = await user(over)
      await storage.clientUsers.approve(
        CLIENT.id,
        stored.sub,
        { scopes, claims: [], resources: [], authorizationDetails: [] },
        NOW,
      )
      return stored
    },
    async address(owner, over) {
      const stored = await storage.addresses.create(owner.sub, { ...BLANK_ADDRESS, ...over }, NOW)
      return stored.id
    },
    async call(endpoint, json = {}, over = {}) {
      let concerned: string | undefined
      const call = {
        request: { ...REQUEST, method: endpoint.method, path: endpoint.path, ...over.request },
        requestId: 'request-1',
        query: new URLSearchParams(),
        parameters: {},
        input: { kind: 'json' as const, json: json as Record<string, unknown> },
        baseUrl: over.baseUrl ?? 'https://id.example.com',
        caller: {
          workspace: WORKSPACE,
          client: { ...CLIENT, ...over.client },
          domain: { ...DOMAIN, ...over.domain },
        },
        concerns: (sub: string) => {
          concerned = sub
        },
      }
      let response: HttpResponse
      try {
        response = await endpoint.handle(context, call)
      } catch (error) {
        if (!(error instanceof HttpError)) throw error
        response = errorEnvelope(error, call.requestId)
      }
      return { status: response.status, body: JSON.parse(response.body), concerned, response }
    },
  }
}

const BLANK_ADDRESS: AddressFields = {
  type: 'standard',
  name: undefined,
  companyName: undefined,
  firstname: undefined,
  lastname: undefined,
  phone: undefined,
  email: undefined,
  taxNr: undefined,
  registrationNr: undefined,
  accessCode: undefined,
  postalCode: undefined,
  houseNumber: undefined,
  street: undefined,
  city: undefined,
  country: 'NL',
}

/** A member of the context that these endpoints have no business with. */
function notCalled<T extends object>(name: string): T {
  return new Proxy({} as T, {
    get: (_, member) => {
      throw new Error(`${name}.${String(member)} was used.`)
    },
  })
}
