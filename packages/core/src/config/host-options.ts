import * as z from 'zod'
import { isLoopbackHost } from '../lib/host.ts'
import { listOf, string } from '../lib/schema.ts'
import { withMethods } from './authorization-options.ts'

/** The option `issuer`. */
export const issuer = string('must be a URL').superRefine((issuer, context) => {
  const problem = issuerProblem(issuer)
  if (problem) context.addIssue({ code: 'custom', message: problem })
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

const number = z.int('must be a whole number').min(1, 'must be at least 1')

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
