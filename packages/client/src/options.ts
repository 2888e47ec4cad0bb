import { XwmsOptionsError } from './errors.ts'

/** Who calls, and where XWMS is. */
export interface XwmsClientOptions {
  /**
   * Where the API is, such as `https://example.com/api/`. Plain http is for a development machine: the secret travels
   * with every call.
   */
  readonly baseUrl: string
  readonly clientId: string
  /** From the dashboard, shown there once. It belongs on a server and nowhere else. */
  readonly clientSecret: string
  /** The registered domain that the calls are made for, such as `shop.example.com`, or its id. */
  readonly domain: string
  /** How long one call may take, the reading of its answer included. Default 10. */
  readonly timeoutSeconds?: number
  /** Stands in for the global `fetch`, for a proxy or for tests. */
  readonly fetch?: typeof globalThis.fetch
}

const DEFAULT_TIMEOUT_SECONDS = 10

const OPTIONS: readonly string[] = [
  'baseUrl',
  'clientId',
  'clientSecret',
  'domain',
  'timeoutSeconds',
  'fetch',
] satisfies (keyof XwmsClientOptions)[]

/**
 * Fills in the defaults; `baseUrl` comes back with a slash at its end, so that paths can be appended.
 *
 * @throws XwmsOptionsError naming every problem, and never a value: one of them is the secret.
 */
export function checkOptions(options: XwmsClientOptions): Required<XwmsClientOptions> {
  const problems = [
    ...unknownOptions(options),
    ...baseUrlProblems(options?.baseUrl),
    ...headerProblems('clientId', options?.clientId),
    ...headerProblems('clientSecret', options?.clientSecret),
    ...headerProblems('domain', options?.domain),
    ...timeoutProblems(options?.timeoutSeconds),
    ...fetchProblems(options?.fetch),
  ]
  if (problems.length > 0) throw new XwmsOptionsError(problems)

  return {
    baseUrl: new URL(options.baseUrl).href.replace(/\/*$/, '/'),
    clientId: options.clientId,
    clientSecret: options.clientSecret,
    domain: options.domain,
    timeoutSeconds: options.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS,
    // Looked up at each call, so that an instrumentation installed later is used too.
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
  }
}

function unknownOptions(options: object): string[] {
  return Object.keys(options ?? {})
    .filter(name => !OPTIONS.includes(name))
    .map(name => `there is no option "${name}"; there are ${OPTIONS.join(', ')}`)
}

function baseUrlProblems(value: unknown): string[] {
  const expected = 'baseUrl must be an absolute http or https URL, such as https://example.com/api/'
  if (typeof value !== 'string' || !URL.canParse(value)) return [expected]
  const url = new URL(value)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return [expected]
  const extra = url.username || url.password || url.search || url.hash
  return extra ? ['baseUrl must not have a user name, a password, a query or a fragment'] : []
}

/** All three travel as headers; `fetch` quotes a value that cannot, and this one must not be quoted. */
function headerProblems(name: string, value: unknown): string[] {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value)
    ? []
    : [`${name} must be a text of visible ASCII characters without spaces`]
}

function timeoutProblems(value: unknown): string[] {
  // A timer takes a signed 32-bit number of milliseconds, and one that is asked for more ends at once.
  const most = (2 ** 31 - 1) / 1000
  const valid = value === undefined || (typeof value === 'number' && value > 0 && value <= most)
  return valid ? [] : [`timeoutSeconds must be a number above 0, and at most ${most}`]
}

function fetchProblems(value: unknown): string[] {
  return value === undefined || typeof value === 'function' ? [] : ['fetch must be a function']
}
