import { memory } from '@xwms/storage-memory'
import { createConfig } from '../../src/config/config.ts'
import type { KitOptions } from '../../src/config/options.ts'
import { WorkspacePlans } from '../../src/context/billing/workspace-plans.ts'
import { createKnownClients } from '../../src/context/clients/known-clients.ts'
import type { Context } from '../../src/context/context.ts'
import type { Call } from '../../src/context/endpoint.ts'
import { createKeyRing } from '../../src/context/keys/key-ring.ts'
import { GuardPairs } from '../../src/context/metering/guard-pairs.ts'
import { Outage } from '../../src/context/metering/outage.ts'
import { NO_PROTECTION } from '../../src/context/protection/no-protection.ts'
import { createEventRecorder } from '../../src/context/workspace-events.ts'
import type { HttpRequest } from '../../src/http/request.ts'
import type { Client, Domain, Secret } from '../../src/model/client.ts'
import type { User } from '../../src/model/user.ts'
import { ISSUER, type LogLine, NOW, PLAIN_PAGES } from '../installation.ts'

/** What a handler finds around it, with a log to read, and without a meter and a cache. */
export function surroundings(options: Partial<KitOptions> = {}): Context & { readonly log: LogLine[] } {
  const log: LogLine[] = []
  const write = (level: LogLine['level']) => (fields: object, message: string) => {
    log.push({ level, fields: { ...fields }, message })
  }
  const storage = options.storage ?? memory()
  const config = createConfig({
    issuer: ISSUER,
    storage,
    pages: PLAIN_PAGES,
    logger: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
    now: () => NOW,
    ...options,
  })
  const unused = new Proxy({} as never, {
    get: (_, member) => {
      throw new Error(`${String(member)} was used.`)
    },
  })
  return {
    config,
    storage,
    logger: config.logger,
    now: config.now,
    accounts: config.accounts ?? { find: sub => storage.users.find(sub), signIn: async () => undefined },
    plans: new WorkspacePlans(config.plans, config.logger),
    meter: unused,
    limiter: unused,
    outage: new Outage(config.meter, config.logger, () => {}),
    sampler: unused,
    guardPairs: new GuardPairs(config.logger),
    callers: unused,
    clients: createKnownClients(storage, config.credentialCache),
    resources: unused,
    accessTokens: unused,
    outbound: unused,
    clientDocuments: unused,
    logouts: { notify() {} },
    keys: createKeyRing(config),
    events: createEventRecorder(config),
    protection: NO_PROTECTION,
    log,
  }
}

export function callWith(
  over: Partial<Omit<Call, 'request'>> & { readonly request?: Partial<HttpRequest> } = {},
): Call {
  return {
    requestId: 'request-1',
    query: new URLSearchParams(),
    parameters: {},
    input: { kind: 'none' },
    baseUrl: ISSUER,
    ...over,
    request: {
      method: 'GET',
      path: '/',
      search: '',
      headers: {},
      origin: ISSUER,
      mountPath: '',
      secure: true,
      ip: '203.0.113.10',
      body: { state: 'parsed', value: undefined },
      hasLeft: false,
      ...over.request,
    },
  }
}

export const USER: User = {
  sub: '4711',
  email: 'ada@example.com',
  emailVerified: true,
  passwordHash: undefined,
  name: 'Ada Lovelace',
  givenName: 'Ada',
  familyName: 'Lovelace',
  picture: undefined,
  birthDate: undefined,
  gender: undefined,
  secondEmail: undefined,
  phoneNumber: undefined,
  country: undefined,
  locale: undefined,
  socials: [],
  test: false,
  disabledAt: undefined,
  createdAt: NOW,
  updatedAt: NOW,
}

export const CLIENT: Client = {
  id: 'cl_1',
  workspaceId: 'ws_1',
  name: 'Shop',
  type: 'confidential',
  profile: 'oauth2.1',
  source: 'managed',
  enabled: true,
  linksSecretsToDomains: false,
  requirePkce: true,
  grantTypes: ['authorization_code'],
  scopes: ['openid', 'email'],
  redirectUris: ['https://shop.example.com/callback'],
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

export const DOMAIN: Domain = {
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

export const SECRET: Secret = {
  id: 'sec_1',
  clientId: CLIENT.id,
  name: 'First',
  hash: 'the-hash-of-the-secret',
  hint: 'wxyz',
  createdAt: NOW,
  expiresAt: undefined,
  revokedAt: undefined,
  lastUsedAt: undefined,
}

/** An audit entry, where a storage asks for one. */
export const AUDIT = {
  id: 'aud_1',
  at: NOW,
  actor: 'test',
  action: 'test.done',
  workspaceId: undefined,
  target: '',
  ip: undefined,
  before: undefined,
  after: undefined,
}
