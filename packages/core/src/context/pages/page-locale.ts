import type { Config } from '../../config/config.ts'
import { header } from '../../http/request.ts'
import { acceptedLanguages, languageRanges, lookUpLanguage } from '../../lib/language-range.ts'
import type { Call } from '../endpoint.ts'

/** Who reads a page: what their browser says, and the address that they are at. */
export interface Reader extends Pick<Call, 'query'> {
  readonly request: Pick<Call['request'], 'headers'>
}

/** The languages that pages can be shown in, for the metadata. */
export function offeredLocales({
  application,
  pages,
}: Pick<Config, 'application' | 'pages'>): readonly string[] {
  return pages.locales ?? [application.locale]
}

/** What an address can bear: a few languages, each as long as RFC 5646 section 4.4.1 has them. */
const MOST_IN_ADDRESS = 8
const LONGEST_IN_ADDRESS = 35

/** An address of ours at which the language stays that was asked for by `ui_locales`: a form's, or where the browser goes on. */
export function inLanguage(address: string, uiLocales: string | null | undefined): string {
  const ranges = languageRanges(uiLocales ?? undefined).filter(range => range.length <= LONGEST_IN_ADDRESS)
  if (ranges.length === 0) return address
  const asked = encodeURIComponent(ranges.slice(0, MOST_IN_ADDRESS).join(' '))
  return `${address}${address.includes('?') ? '&' : '?'}ui_locales=${asked}`
}

/**
 * The language of a page: the first that is asked for by `ui_locales`, of the request or else in the page's own address, or by the
 * browser, and offered; else the configuration's, else the first that the pages have.
 * @param uiLocales what the client asked for (OpenID Connect Core section 3.1.2.1)
 */
export function pageLocale(
  config: Pick<Config, 'application' | 'pages'>,
  { request, query }: Reader,
  uiLocales: string | undefined,
): string {
  const { locale } = config.application
  const offered = offeredLocales(config)
  const own = lookUpLanguage([locale], offered)
  const asked = [
    ...languageRanges(uiLocales ?? query.get('ui_locales') ?? undefined),
    ...acceptedLanguages(header(request.headers, 'accept-language')),
  ]
  const found = lookUpLanguage(asked, offered) ?? own ?? offered[0] ?? locale
  // As this installation writes the language: en-GB has its own way with dates.
  return found === own ? locale : found
}
