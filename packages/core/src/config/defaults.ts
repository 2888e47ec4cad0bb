import { NANO_EURO } from '../lib/money.ts'
import type { Application } from '../model/application.ts'
import type { Plan } from '../model/plan.ts'
import type {
  InvoiceOptions,
  KeyOptions,
  Lifetimes,
  ManagementOptions,
  MeterOptions,
  RequestLogOptions,
  RetentionOptions,
  SelfMadeClientOptions,
} from './options.ts'

const DAY_SECONDS = 86_400

/** xwms-api.md, "Plans and prices". Numbers that it leaves configurable are our choice. */
export const DEFAULT_PLANS: Readonly<Record<string, Plan>> = {
  basic: {
    title: 'Clients Basic',
    monthlyFeeNanoEuro: 0,
    clients: 1,
    domains: 3,
    members: 3,
    secrets: 5,
    includedRequests: 10_000,
    hardCap: false,
    rateLimit: { requests: 600, windowSeconds: 60 },
  },
  enterprise: {
    title: 'Clients Enterprise',
    monthlyFeeNanoEuro: 29 * NANO_EURO,
    clients: undefined,
    domains: undefined,
    members: undefined,
    secrets: undefined,
    includedRequests: 100_000,
    hardCap: false,
    rateLimit: { requests: 60_000, windowSeconds: 60 },
  },
}

/** Nano-euro per request (xwms-api.md, "Plans and prices"); `default` is for any other paid request. */
export const DEFAULT_PRICES: Readonly<Record<string, number>> = {
  'sign-token': 0,
  'sign-token-verify': 0,
  'user-info': 10_000,
  'user-address': 10_000,
  countries: 10_000,
  default: 10_000,
}

/** Who sells, and at which VAT, has no default. */
export const DEFAULT_INVOICES: Required<
  Omit<InvoiceOptions, 'seller' | 'vatBasisPoints' | 'payments' | 'pdf'>
> = {
  vatByCountry: {},
  numberPrefix: 'INV-',
  dueDays: 14,
}

/** Ten a second: more than people and their programs need, and less than would keep the storage busy. */
export const DEFAULT_MANAGEMENT: Required<ManagementOptions> = {
  rateLimit: { requests: 600, windowSeconds: 60 },
}

/** The scopes that the kit itself understands, in the words of the consent page. */
export const BUILT_IN_SCOPES: Readonly<Record<string, string>> = {
  userinfo: 'See your birth date, gender, second email address, country and social profiles',
  useraddresses: 'See, add, change and delete your addresses',
  openid: 'Know who you are',
  profile: 'See your name, picture, birth date, gender and language',
  email: 'See your email address',
  address: 'See your postal address',
  phone: 'See your phone number',
  offline_access: 'Keep this access while you are away',
  introspect: 'Check any token of its workspace (RFC 7662)',
  'manage:read': 'See the usage, limits, logs and invoices of your workspaces',
  manage: 'See and change the limits of your workspaces, and see their usage, logs and invoices',
}

export const DEFAULT_LIFETIMES: Lifetimes = {
  interactionSeconds: 600,
  callbackTokenSeconds: 120,
  codeSeconds: 60,
  accessTokenSeconds: 3600,
  idTokenSeconds: 3600,
  refreshTokenIdleSeconds: 30 * DAY_SECONDS,
  refreshTokenFamilySeconds: 365 * DAY_SECONDS,
  refreshGraceSeconds: 10,
  pushedRequestSeconds: 60,
  deviceCodeSeconds: 600,
  sessionSeconds: 14 * DAY_SECONDS,
}

export const DEFAULT_RETENTION: RetentionOptions = {
  eventDays: 400,
  requestLogDays: 30,
  auditDays: 730,
  everySeconds: 60,
}

export const DEFAULT_KEYS: Required<KeyOptions> = {
  encryptionSecrets: [],
  hosted: [],
  rotateAfterSeconds: 90 * DAY_SECONDS,
  publishAheadSeconds: DAY_SECONDS,
}

export const DEFAULT_OAUTH = {
  resources: {},
  authorizationDetails: {},
  tokenExchange: false,
  requireDpopNonce: false,
}

export const DEFAULT_OUTBOUND = { allowPrivateAddresses: false, timeoutSeconds: 5 }

export const DEFAULT_METER: Required<MeterOptions> = {
  commit: 'before-response',
  whenUnavailable: 'refuse',
  queueEvents: 100_000,
  outageSeconds: 300,
}

export const DEFAULT_REQUEST_LOG: Required<RequestLogOptions> = { successes: 1 }

/** Of clients that nobody made by hand. */
export const DEFAULT_SELF_MADE_CLIENTS: Required<Omit<SelfMadeClientOptions, 'workspaceId'>> = {
  scopes: ['openid', 'profile', 'email', 'address', 'phone', 'offline_access'],
  maxClients: 1000,
  unusedSeconds: 30 * DAY_SECONDS,
}

export const DEFAULT_APPLICATION: Application = {
  name: 'XWMS',
  description: 'Authentication, user management and account services for your own applications',
  version: '1.0',
  locale: 'en',
  timezone: 'UTC',
  documentationUrl: undefined,
}

export const DEFAULT_BODY_LIMIT_BYTES = 65_536
export const DEFAULT_CACHE_CALLERS = 10_000
export const DEFAULT_CACHE_SECONDS = 30
