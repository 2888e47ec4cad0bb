import * as z from 'zod'
import { rateLimit } from './config/metering-options.ts'
import { describeIssue, wordsFor } from './config/problems.ts'
import type { Context } from './context/context.ts'
import type { GuardRule, OpenEndpoint, RouteLimit } from './context/endpoint.ts'
import { limitName } from './context/metering/admission-control.ts'
import { ConfigurationError } from './errors.ts'
import { createGuard, type Guard } from './header-auth/guard.ts'
import { MAX_KEPT_TEXT } from './lib/kept-text.ts'
import { resourceIndicatorProblem } from './lib/resource-indicator.ts'
import { listOf } from './lib/schema.ts'
import { createTokenGuard, type TokenGuard } from './token-auth/guard.ts'
import { createResourceDocuments } from './token-auth/resource-metadata.ts'

/** What a host asks of a route that it guards. */
export interface ProtectOptions {
  /** The scope that the client must have been granted (rule 12). Default: none. */
  readonly scope?: string
  /** The name of a price in the configuration. Default: `default`. */
  readonly price?: string
  /**
   * Its name in usage and logs, such as `GET /orders/:id`. Default: the method and the pattern by which the host's router
   * found it; never the caller's path, whose variety has no bound, nor his spelling of it. A route below a mount at a pattern
   * (`/shops/:shop`) should have a name: Express tells only which shop. One line of at most 512 characters.
   */
  readonly route?: string
  /**
   * Limits of this route beside that of the plan or the client. Routes under one name (`route`, or else the price) that state the
   * same window share their counts. Each of a route has a `per` and `windowSeconds` of its own. `user` needs `resource`, and counts where a token was given in a user's name; `ip` counts
   * addresses as the framework's proxy settings see them. Default: none.
   */
  readonly limits?: readonly RouteLimit[]
}

/** What a host asks of a route that takes access tokens instead of the three credential headers. */
export interface TokenProtectOptions extends ProtectOptions {
  /**
   * The route's resource indicator (RFC 8707): the absolute URL by which callers reach it, or a path of the issuer's host such as
   * `/mcp`. Tokens must have been asked for with it. What else is known of the resource stands in the option `oauth.resources`.
   */
  readonly resource: string
}

/** Makes guards, and knows the documents about the resources that they guard. */
export interface Protection {
  guard(options: ProtectOptions): Guard
  tokenGuard(options: TokenProtectOptions): TokenGuard
  /** The metadata (RFC 9728) at a path of the host's, where a guarded resource has it there. */
  documentAt(path: string): OpenEndpoint | undefined
}

export function createProtection(context: Context): Protection {
  const documents = createResourceDocuments()
  return {
    guard: options => createGuard(context, checkedRule(context, options, limitProblems(options, false))),

    tokenGuard({ resource: given, ...options }) {
      const { issuer, application } = context.config
      const isPath = typeof given === 'string' && given.startsWith('/')
      const identifier = isPath && issuer !== undefined ? new URL(issuer).origin + given : given
      const problem = resourceProblem(identifier)
      const problems = [...limitProblems(options, true), ...(problem === undefined ? [] : [problem])]
      const rule = checkedRule(context, options, problems)
      const resource = context.resources.add(identifier, { name: application.name })
      documents.add(resource, rule.scope)
      return createTokenGuard(context, rule, resource)
    },

    documentAt: documents.at,
  }
}

/**
 * Whether a route is to take access tokens.
 * @throws {ConfigurationError} for what are no options at all
 */
export function takesTokens(options: ProtectOptions | TokenProtectOptions): options is TokenProtectOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new ConfigurationError(['protect: must be an object'], 'This route cannot be protected')
  return 'resource' in options
}

function resourceProblem(identifier: unknown): string | undefined {
  if (typeof identifier !== 'string') return 'protect.resource: must be text'
  if (identifier.startsWith('/'))
    return 'protect.resource: a path needs the option issuer; set it, or give a URL'
  if (!/^https?:\/\//i.test(identifier))
    return 'protect.resource: must be an http or https URL, or a path such as /mcp'
  const problem = resourceIndicatorProblem(identifier)
  return problem && `protect.resource: ${problem}`
}

const routeLimits = listOf(
  rateLimit.extend({ per: z.enum(['client', 'user', 'ip'], 'must be client, user or ip') }),
)

function limitProblems({ limits }: ProtectOptions, byToken: boolean): string[] {
  if (limits === undefined) return []
  const checked = routeLimits.safeParse(limits, { error: wordsFor })
  const malformed = checked.error?.issues.flatMap(issue => describeIssue(issue, 'protect.limits')) ?? []
  if (!Array.isArray(limits)) return malformed
  if (malformed.length === 0) malformed.push(...repeatedWindows(limits))
  if (byToken) return malformed
  const withoutUser = limits.flatMap((limit: Partial<RouteLimit> | null | undefined, index) =>
    limit?.per === 'user'
      ? [`protect.limits.${index}.per: user needs the option resource; count clients or addresses instead`]
      : [],
  )
  return [...malformed, ...withoutUser]
}

/** Two limits that are called the same would count every request twice, and callers could not tell them apart. */
function repeatedWindows(limits: readonly RouteLimit[]): string[] {
  const names = limits.map(limitName)
  return limits.flatMap((limit, index) => {
    const first = names.indexOf(limitName(limit))
    return first === index
      ? []
      : [
          `protect.limits.${index}: limits.${first} counts per ${limit.per} and ${limit.windowSeconds} seconds already; keep one of them`,
        ]
  })
}

/** What usage keeps as it is, and can be asked for by. */
function isRouteName(given: unknown): boolean {
  return typeof given === 'string' && given.length <= MAX_KEPT_TEXT && /^[^\p{Cc}\p{Cs}]*$/u.test(given)
}

/** @throws {ConfigurationError} that names every problem at once */
function checkedRule({ config }: Context, given: ProtectOptions, found: readonly string[]): GuardRule {
  const { scope, price = 'default', route, limits, ...unknown } = given
  const problems = Object.keys(unknown).map(
    name => `protect.${name}: is not an option; remove it or correct its name`,
  )
  if (!Object.hasOwn(config.prices, price)) {
    problems.push(`protect.price: there is no price named ${price}; add it to the option prices`)
  }
  if (scope !== undefined && !Object.hasOwn(config.scopes, scope)) {
    problems.push(`protect.scope: there is no scope named ${scope}; add it to the option scopes`)
  }
  if (route !== undefined && !isRouteName(route))
    problems.push(`protect.route: must be one line of text of at most ${MAX_KEPT_TEXT} characters`)
  problems.push(...found)
  if (problems.length > 0) throw new ConfigurationError(problems, 'This route cannot be protected')
  return { purpose: 'api', price, scope, route, limits }
}
