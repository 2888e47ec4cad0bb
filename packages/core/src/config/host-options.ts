import * as z from 'zod'
import { isLoopbackHost } from '../lib/host.ts'
import { listOf, string } from '../lib/schema.ts'
import { withMethods } from './authorization-options.ts'
import { wholeNumberWords } from './problems.ts'

/** The option `issuer`. */
export const issuer = string('must be a URL').superRefine((issuer, context) => {
  for (const message of issuerProblems(issuer)) context.addIssue({ code: 'custom', message })
})

/** The option `application`. */
export const application = z
  .strictObject({
    name: string().min(1, 'must not be empty'),
    description: string(),
    version: string(),
    locale: string().refine(isLocale, 'must be a language tag such as en or pt-BR (BCP 47)'),
    timezone: string().refine(isTimezone, 'must be an IANA time zone such as Europe/Amsterdam'),
    documentationUrl: string().check(z.url('must be an absolute URL')).optional(),
  })
  .partial()

const PAGES = ['signIn', 'consent', 'device', 'logout', 'message', 'account', 'formPost', 'error']

/** The option `pages`. */
export const pages = withMethods(...PAGES).refine(hasLocales, {
  path: ['locales'],
  error: 'must be a list of language tags such as en or pt-BR (BCP 47), of which there is one at least',
  when: ({ value }) => typeof value === 'object' && value !== null,
})

function hasLocales({ locales }: { readonly locales?: unknown }): boolean {
  return (
    locales === undefined ||
    (Array.isArray(locales) &&
      locales.length > 0 &&
      locales.every(tag => typeof tag === 'string' && isLocale(tag)))
  )
}

const number = z.int(wholeNumberWords).min(1, 'must be at least 1')

/** A project of the option `projects`. */
export const project = z.strictObject({
  id: number,
  title: string(),
  description: string(),
  image: string().optional(),
  link: string(),
  isNew: z.boolean(),
  directRedirect: z.boolean(),
  publishedAt: z.date().optional(),
  categories: listOf(z.strictObject({ id: number, name: string() })),
})

const NEEDS_HTTPS = 'must begin with https:// (http:// is for localhost)'

/** RFC 8414 section 2: an https URL without query or fragment. Plain http is for this machine. */
function issuerProblems(issuer: string): readonly string[] {
  if (!URL.canParse(issuer)) return ['must be an absolute URL such as https://example.com']
  const { protocol, host, hostname, port, pathname, username, password, href } = new URL(issuer)
  if (protocol !== 'https:' && protocol !== 'http:') return [NEEDS_HTTPS]
  const insecure = protocol === 'http:' && !isLoopbackHost(host)
  const [address] = issuer.split(/[?#]/) as [string]
  const [normalised] = href.split(/[?#]/) as [string]
  // As it has to be once every other problem is mended.
  const bareHost = hostname.replace(/\.$/, '') + (port && `:${port}`)
  const mended = `${insecure ? 'https:' : protocol}//${bareHost}${pathname.replace(/\/$/, '')}`
  const rules: readonly (readonly [broken: boolean, problem: string])[] = [
    [insecure, NEEDS_HTTPS],
    [/^[^#]*\?/.test(issuer), 'must have no query (RFC 8414 section 2)'],
    [issuer.includes('#'), 'must have no fragment (RFC 8414 section 2)'],
    [username + password !== '', 'must have no user name or password'],
    [hostname.endsWith('.'), 'must not have a dot at the end of its host'],
    [address.endsWith('/'), 'must not end with a slash: clients compare it character by character'],
    [
      address !== normalised && `${address}/` !== normalised,
      `must be written as ${mended}: clients compare it character by character`,
    ],
  ]
  return rules.flatMap(([broken, problem]) => (broken ? [problem] : []))
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
