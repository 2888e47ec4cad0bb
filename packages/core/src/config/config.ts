import * as z from 'zod'
import { ConfigurationError } from '../errors.ts'
import { listOf, recordOf, string } from '../lib/schema.ts'
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
  type CompleteInvoiceOptions,
  type CompleteOAuthOptions,
  completeInvoices,
  completeKeys,
  completeOAuth,
  frozenCopy,
  withDefaults,
} from './complete.ts'
import {
  BUILT_IN_SCOPES,
  DEFAULT_APPLICATION,
  DEFAULT_BODY_LIMIT_BYTES,
  DEFAULT_CACHE_CALLERS,
  DEFAULT_CACHE_SECONDS,
  DEFAULT_LIFETIMES,
  DEFAULT_MANAGEMENT,
  DEFAULT_METER,
  DEFAULT_OUTBOUND,
  DEFAULT_PLANS,
  DEFAULT_PRICES,
  DEFAULT_REQUEST_LOG,
  DEFAULT_RETENTION,
} from './defaults.ts'
import { application, issuer, pages, project } from './host-options.ts'
import { consoleLogger, withPlainErrors } from './logger.ts'
import { managementOptions, meterOptions, rateLimit, requestLogOptions } from './metering-options.ts'
import type {
  Accounts,
  KeyOptions,
  KitOptions,
  Lifetimes,
  Logger,
  ManagementOptions,
  MeterOptions,
  OutboundOptions,
  RequestLogOptions,
  RetentionOptions,
} from './options.ts'
import { describeIssue, wholeNumberWords, wordsFor } from './problems.ts'
import { DEFAULT_PROTECTION, type ProtectionOptions } from './protection.ts'
import { protectionOptions } from './protection-options.ts'

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
  readonly management: Required<ManagementOptions>
  readonly requestLog: Required<RequestLogOptions>
  readonly rateLimitHeaders: 'always' | 'refusals'
  readonly bodyLimitBytes: number
  readonly protection: ProtectionOptions | false
  readonly onEvent: KitOptions['onEvent']
  readonly logger: Logger
  readonly now: () => Date
}

const count = z.int(wholeNumberWords).min(0, 'must not be negative')
const positive = z.int(wholeNumberWords).min(1, 'must be at least 1')
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
  title: string().min(1, 'must not be empty'),
  monthlyFeeNanoEuro: price,
  clients: limit,
  domains: limit,
  members: limit,
  secrets: limit,
  includedRequests: count,
  hardCap: z.boolean(),
  rateLimit: rateLimit.optional(),
})

/** RFC 6749 section 3.3: the characters of a scope. */
const SCOPE = /^[\x21\x23-\x5B\x5D-\x7E]+$/

const options = z.strictObject({
  issuer: issuer.optional(),
  mountPath: string()
    .regex(/^(?:\/[^/?#\s]+)*$/, 'must be empty or like /auth, without a slash at the end')
    .optional(),
  storage: has('clients', 'codes', 'tokens', 'usage', 'maintenance', 'changes', 'ready', 'close'),
  pages,
  accounts: withMethods('find', 'signIn').optional(),
  application: application.optional(),
  projects: listOf(project).optional(),
  plans: z
    .record(string(), plan)
    .refine(
      plans => Object.keys(plans).length > 0,
      'must have a plan, or no workspace could be on one; leave it out for basic and enterprise',
    )
    .optional(),
  prices: z.record(string(), price).optional(),
  invoices: invoiceOptions.optional(),
  scopes: recordOf(
    string().regex(SCOPE, 'must be a scope token (RFC 6749 section 3.3)'),
    string().min(1, 'must say what the scope allows'),
  ).optional(),
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
  management: managementOptions.optional(),
  requestLog: requestLogOptions.optional(),
  rateLimitHeaders: z.enum(['always', 'refusals'], 'must be always or refusals').optional(),
  bodyLimitBytes: positive.optional(),
  onEvent: callable.optional(),
  logger: withMethods('debug', 'info', 'warn', 'error').optional(),
  now: callable.optional(),
})

/**
 * Checks the options of a kit and completes them.
 * @param found problems that are known already, and told with the others
 * @throws {ConfigurationError} that names every problem at once
 */
export function createConfig(given: KitOptions, found: readonly string[] = []): Config {
  const schema = options.extend({
    oauth: oauthOptions(scopeNames(given)).optional(),
    protection: protectionOptions(given),
  })
  const checked = schema.safeParse(given, { error: wordsFor })
  const issues = checked.success ? [] : checked.error.issues
  const problems = [...found, ...issues.flatMap(issue => describeIssue(issue))]
  if (problems.length > 0) throw new ConfigurationError(problems)
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
    management: frozenCopy(withDefaults(DEFAULT_MANAGEMENT, given.management)),
    requestLog: frozenCopy(withDefaults(DEFAULT_REQUEST_LOG, given.requestLog)),
    rateLimitHeaders: given.rateLimitHeaders ?? 'refusals',
    bodyLimitBytes: given.bodyLimitBytes ?? DEFAULT_BODY_LIMIT_BYTES,
    protection:
      given.protection === false ? false : frozenCopy(withDefaults(DEFAULT_PROTECTION, given.protection)),
    onEvent: given.onEvent,
    logger: withPlainErrors(given.logger ?? consoleLogger()),
    now: given.now ?? (() => new Date()),
  })
}

/** The scopes that there will be; what is wrong with the option itself is said elsewhere. */
function scopeNames({ scopes }: KitOptions): readonly string[] {
  return [...Object.keys(BUILT_IN_SCOPES), ...Object.keys(scopes ?? {})]
}
