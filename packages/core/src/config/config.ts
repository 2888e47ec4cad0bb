import * as z from 'zod'
import { ConfigurationError } from '../errors.ts'
import { isLoopbackHost } from '../lib/host.ts'
import type { Application, Project } from '../model/application.ts'
import type { Pages } from '../model/page.ts'
import type { Plan } from '../model/plan.ts'
import type { Price } from '../model/price.ts'
import type { Storage } from '../storage/storage.ts'
import {
  keyOptions,
  oauthOptions,
  outboundOptions,
  wholeSeconds,
  withMethods,
} from './authorization-options.ts'
import { invoiceOptions, price } from './billing-options.ts'
import {
  BUILT_IN_SCOPES,
  DEFAULT_APPLICATION,
  DEFAULT_BODY_LIMIT_BYTES,
  DEFAULT_CACHE_CALLERS,
  DEFAULT_CACHE_SECONDS,
  DEFAULT_INVOICES,
  DEFAULT_KEYS,
  DEFAULT_LIFETIMES,
  DEFAULT_METER,
  DEFAULT_OAUTH,
  DEFAULT_OUTBOUND,
  DEFAULT_PLANS,
  DEFAULT_PRICES,
  DEFAULT_REQUEST_LOG,
  DEFAULT_RETENTION,
  DEFAULT_SELF_MADE_CLIENTS,
} from './defaults.ts'
import { consoleLogger } from './logger.ts'
import { meterOptions, rateLimit, requestLogOptions } from './metering-options.ts'
import type {
  Accounts,
  InvoiceOptions,
  KeyOptions,
  KitOptions,
  Lifetimes,
  Logger,
  MeterOptions,
  OAuthOptions,
  OutboundOptions,
  RegistrationOptions,
  RequestLogOptions,
  RetentionOptions,
  SelfMadeClientOptions,
} from './options.ts'
import { DEFAULT_PROTECTION, type ProtectionOptions } from './protection.ts'
import { protectionOptions } from './protection-options.ts'

/** What is left out of these is not offered. */
interface CompleteOAuthOptions extends Required<Omit<OAuthOptions, SelfMade | 'mtlsBaseUrl'>> {
  readonly mtlsBaseUrl: string | undefined
  readonly registration: Required<RegistrationOptions> | undefined
  readonly clientIdMetadataDocuments: Required<SelfMadeClientOptions> | undefined
}
type SelfMade = 'registration' | 'clientIdMetadataDocuments'

type CompleteInvoiceOptions = Required<Omit<InvoiceOptions, 'payments'>> & Pick<InvoiceOptions, 'payments'>

/** The options after checking: complete, and frozen. */
export interface Config {
  readonly issuer: string | undefined
  readonly mountPath: string | undefined
  readonly storage: Storage
  readonly pages: Pages
  readonly accounts: Accounts | undefined
  readonly application: Application
  readonly projects: readonly Project[]
  readonly plans: Readonly<Record<string, Plan>>
  readonly prices: Readonly<Record<string, Price>>
  readonly invoices: CompleteInvoiceOptions | undefined
  readonly scopes: Readonly<Record<string, string>>
  readonly lifetimes: Lifetimes
  readonly retention: RetentionOptions
  readonly keys: Required<KeyOptions>
  readonly oauth: CompleteOAuthOptions
  readonly outbound: Required<Omit<OutboundOptions, 'ca'>> & Pick<OutboundOptions, 'ca'>
  readonly credentialCache: { readonly maxCallers: number; readonly seconds: number }
  readonly meter: Required<MeterOptions>
  readonly requestLog: Required<RequestLogOptions>
  readonly rateLimitHeaders: 'always' | 'refusals'
  readonly bodyLimitBytes: number
  readonly protection: ProtectionOptions | false
  readonly onEvent: KitOptions['onEvent']
  readonly logger: Logger
  readonly now: () => Date
}

const count = z.int('must be a whole number').min(0, 'must not be negative')
const positive = z.int('must be a whole number').min(1, 'must be at least 1')
const seconds = wholeSeconds.min(1, 'must be at least 1 second')
const limit = positive.optional()
const callable = z.custom<(...args: never[]) => unknown>(
  value => typeof value === 'function',
  'must be a function',
)
const has = (...members: readonly string[]) =>
  z.custom<object>(
    value => typeof value === 'object' && value !== null && members.every(member => member in value),
    `must be an object with ${members.join(', ')}`,
  )

const plan = z.strictObject({
  title: z.string().min(1, 'must not be empty'),
  monthlyFeeNanoEuro: price,
  clients: limit,
  domains: limit,
  members: limit,
  secrets: limit,
  includedRequests: count,
  hardCap: z.boolean(),
  rateLimit: rateLimit.optional(),
})

const project = z.strictObject({
  id: positive,
  title: z.string(),
  description: z.string(),
  image: z.string().optional(),
  link: z.string(),
  isNew: z.boolean(),
  directRedirect: z.boolean(),
  publishedAt: z.date().optional(),
  categories: z.array(z.strictObject({ id: positive, name: z.string() })),
})

/** RFC 6749 section 3.3: the characters of a scope. */
const SCOPE = /^[\x21\x23-\x5B\x5D-\x7E]+$/

const options = z.strictObject({
  issuer: z
    .string('must be a URL')
    .superRefine((issuer, context) => {
      const problem = issuerProblem(issuer)
      if (problem) context.addIssue({ code: 'custom', message: problem })
    })
    .optional(),
  mountPath: z
    .string()
    .regex(/^(?:\/[^/?#\s]+)*$/, 'must be empty or like /auth, without a slash at the end')
    .optional(),
  storage: has('clients', 'codes', 'tokens', 'usage', 'maintenance', 'changes', 'ready', 'close'),
  pages: withMethods('signIn', 'consent', 'device', 'logout', 'message', 'account', 'formPost', 'error'),
  accounts: withMethods('find', 'signIn').optional(),
  application: z
    .strictObject({
      name: z.string().min(1, 'must not be empty'),
      description: z.string(),
      version: z.string(),
      locale: z.string().refine(isLocale, 'must be a language tag such as en or pt-BR (BCP 47)'),
      timezone: z.string().refine(isTimezone, 'must be an IANA time zone such as Europe/Amsterdam'),
      documentationUrl: z.url('must be an absolute URL').optional(),
    })
    .partial()
    .optional(),
  projects: z.array(project).optional(),
  plans: z.record(z.string(), plan).optional(),
  prices: z.record(z.string(), price).optional(),
  invoices: invoiceOptions.optional(),
  scopes: z
    .record(
      z.string().regex(SCOPE, 'must be a scope token (RFC 6749 section 3.3)'),
      z.string().min(1, 'must say what the scope allows'),
    )
    .optional(),
  lifetimes: z
    .strictObject({
      interactionSeconds: seconds,
      callbackTokenSeconds: seconds,
      codeSeconds: seconds.max(600, 'must be at most 600 seconds (RFC 6749 section 4.1.2)'),
      accessTokenSeconds: seconds,
      idTokenSeconds: seconds,
      refreshTokenIdleSeconds: seconds,
      refreshTokenFamilySeconds: seconds,
      refreshGraceSeconds: z
        .int('must be a whole number of seconds')
        .min(0, 'must not be negative')
        .max(60, 'must be at most 60 seconds'),
      pushedRequestSeconds: seconds.max(600, 'must be at most 600 seconds'),
      deviceCodeSeconds: seconds,
      sessionSeconds: seconds,
    })
    .partial()
    .optional(),
  retention: z
    .strictObject({
      // The longest month and the one after it.
      eventDays: z
        .int('must be a whole number')
        .min(
          62,
          'must be at least 62: until the month after theirs ends, an invoice is proved by its events',
        ),
      requestLogDays: positive,
      auditDays: positive,
      everySeconds: count.max(86_400, 'must be at most 86400, a day'),
    })
    .partial()
    .optional(),
  keys: keyOptions.optional(),
  outbound: outboundOptions.optional(),
  credentialCache: z
    .strictObject({ maxCallers: positive, seconds: positive.max(300, 'must be at most 300 seconds') })
    .partial()
    .optional(),
  meter: meterOptions.optional(),
  requestLog: requestLogOptions.optional(),
  rateLimitHeaders: z.enum(['always', 'refusals'], 'must be always or refusals').optional(),
  bodyLimitBytes: positive.optional(),
  onEvent: callable.optional(),
  logger: withMethods('debug', 'info', 'warn', 'error').optional(),
  now: callable.optional(),
})

/**
 * Checks the options of a kit and completes them.
 * @throws {ConfigurationError} that names every problem at once
 */
export function createConfig(given: KitOptions): Config {
  const schema = options.extend({
    oauth: oauthOptions(scopeNames(given)).optional(),
    protection: protectionOptions(given),
  })
  const checked = schema.safeParse(given)
  if (!checked.success) throw new ConfigurationError(checked.error.issues.flatMap(describe))
  const issuerPath =
    given.issuer === undefined ? undefined : new URL(given.issuer).pathname.replace(/\/$/, '')
  return Object.freeze({
    issuer: given.issuer,
    mountPath: given.mountPath ?? issuerPath,
    storage: given.storage,
    pages: given.pages,
    accounts: given.accounts,
    application: frozenCopy(withDefaults(DEFAULT_APPLICATION, given.application)),
    projects: frozenCopy(given.projects ?? []),
    plans: frozenCopy(given.plans ?? DEFAULT_PLANS),
    prices: frozenCopy({ ...DEFAULT_PRICES, ...given.prices }),
    invoices: given.invoices && completeInvoices(given.invoices),
    scopes: frozenCopy({ ...BUILT_IN_SCOPES, ...given.scopes }),
    lifetimes: frozenCopy(withDefaults(DEFAULT_LIFETIMES, given.lifetimes)),
    retention: frozenCopy(withDefaults(DEFAULT_RETENTION, given.retention)),
    keys: completeKeys(given.keys),
    oauth: completeOAuth(given.oauth),
    outbound: frozenCopy(withDefaults(DEFAULT_OUTBOUND, given.outbound)),
    credentialCache: frozenCopy({
      maxCallers: given.credentialCache?.maxCallers ?? DEFAULT_CACHE_CALLERS,
      seconds: given.credentialCache?.seconds ?? DEFAULT_CACHE_SECONDS,
    }),
    meter: frozenCopy(withDefaults(DEFAULT_METER, given.meter)),
    requestLog: frozenCopy(withDefaults(DEFAULT_REQUEST_LOG, given.requestLog)),
    rateLimitHeaders: given.rateLimitHeaders ?? 'refusals',
    bodyLimitBytes: given.bodyLimitBytes ?? DEFAULT_BODY_LIMIT_BYTES,
    protection:
      given.protection === false ? false : frozenCopy(withDefaults(DEFAULT_PROTECTION, given.protection)),
    onEvent: given.onEvent,
    logger: given.logger ?? consoleLogger(),
    now: given.now ?? (() => new Date()),
  })
}

function completeInvoices({ payments, ...given }: InvoiceOptions): CompleteInvoiceOptions {
  // The provider is no plain data: its function may belong to an object of a class.
  return Object.freeze({
    ...frozenCopy({ ...given, ...withDefaults(DEFAULT_INVOICES, given) }),
    ...(payments && { payments }),
  })
}

function completeKeys(given: KeyOptions | undefined): Required<KeyOptions> {
  const { encryptionSecrets, hosted, ...seconds } = withDefaults(DEFAULT_KEYS, given)
  return Object.freeze({
    ...seconds,
    encryptionSecrets: frozenCopy(encryptionSecrets),
    hosted: Object.freeze([...hosted]),
  })
}

function completeOAuth(given: OAuthOptions = {}): CompleteOAuthOptions {
  const { registration, clientIdMetadataDocuments, mtlsBaseUrl, ...others } = given
  const { resources, authorizationDetails, ...offered } = withDefaults(DEFAULT_OAUTH, others)
  return Object.freeze({
    ...offered,
    mtlsBaseUrl,
    resources: frozenCopy(resources),
    // Not copies of what is inside: its functions may belong to an object of a class.
    authorizationDetails: Object.freeze({ ...authorizationDetails }),
    registration:
      registration &&
      frozenCopy({ ...registration, ...withDefaults(DEFAULT_SELF_MADE_CLIENTS, registration) }),
    clientIdMetadataDocuments:
      clientIdMetadataDocuments &&
      frozenCopy({
        ...clientIdMetadataDocuments,
        ...withDefaults(DEFAULT_SELF_MADE_CLIENTS, clientIdMetadataDocuments),
      }),
  })
}

/** The scopes that there will be; what is wrong with the option itself is said elsewhere. */
function scopeNames({ scopes }: KitOptions): readonly string[] {
  return [...Object.keys(BUILT_IN_SCOPES), ...Object.keys(scopes ?? {})]
}

/** A group of options over its defaults. One that is given as `undefined` is left out: a lifetime must not become none. */
function withDefaults<T extends object>(defaults: T, given: Partial<T> = {}): T {
  const members = Object.entries(given).filter(([, member]) => member !== undefined)
  return { ...defaults, ...Object.fromEntries(members) }
}

/** Plain data that changes no more, whatever the host does with what it gave. */
function frozenCopy<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date) return new Date(value) as T
  const members = Object.entries(value).map(([name, member]) => [name, frozenCopy(member)] as const)
  return Object.freeze(
    Array.isArray(value) ? members.map(([, member]) => member) : Object.fromEntries(members),
  ) as T
}

/** One problem in one line: the option's path, what is wrong, and the remedy. */
function describe(issue: z.core.$ZodIssue): string[] {
  const path = issue.path.map(String).join('.')
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(
      key => `${path ? `${path}.` : ''}${key}: is not an option; remove it or correct its name`,
    )
  }
  const problem = issue.code === 'invalid_key' ? issue.issues[0]?.message : issue.message
  return [`${path || 'options'}: ${problem}`]
}

/** RFC 8414 section 2: an https URL without query or fragment. Plain http is for this machine. */
function issuerProblem(issuer: string): string | undefined {
  if (!URL.canParse(issuer)) return 'must be an absolute URL such as https://example.com'
  const url = new URL(issuer)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopbackHost(url.host))) {
    return 'must begin with https:// (http:// is for localhost)'
  }
  if (url.search !== '' || url.hash !== '' || /[?#]/.test(issuer))
    return 'must have no query and no fragment (RFC 8414 section 2)'
  if (url.username !== '' || url.password !== '') return 'must have no user name or password'
  if (issuer.endsWith('/')) return 'must not end with a slash: clients compare it character by character'
  const canonical = url.pathname === '/' ? url.origin : url.href
  if (canonical !== issuer)
    return `must be written as ${canonical}: clients compare it character by character`
  return undefined
}

function isLocale(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length === 1
  } catch {
    return false
  }
}

function isTimezone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }) instanceof Intl.DateTimeFormat
  } catch {
    return false
  }
}
