import type { HttpResponse } from '../../http/response.ts'
import { randomToken } from '../../lib/random.ts'
import type { PageBase, Pages } from '../../model/page.ts'
import type { Context } from '../context.ts'
import { pageLocale, type Reader } from './page-locale.ts'

/** What a page may load and where its form may lead. */
interface PageOptions {
  readonly status?: number
  /** Where the browser may be redirected after the form; Chromium applies `form-action` to redirects too. */
  readonly returnsTo?: string
  /** Where the form goes, when that is not here. */
  readonly postsTo?: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  /** The languages that the client asked for (`ui_locales`), where the page is about a request of one. */
  readonly uiLocales?: string | undefined
}

/** Renders a page under a content security policy that allows this one document's own styles and nothing else. */
export function pageResponse(
  context: Context,
  reader: Reader,
  render: (pages: Pages, base: PageBase) => string,
  { status = 200, returnsTo, postsTo, headers = {}, uiLocales }: PageOptions = {},
): HttpResponse {
  const nonce = randomToken()
  const { application, pages } = context.config
  const locale = pageLocale(context.config, reader, uiLocales)
  const html = render(pages, { applicationName: application.name, locale, nonce })
  const own = returnsTo === undefined ? "'self'" : `'self' ${formTarget(returnsTo)}`
  const formTargets = postsTo === undefined ? own : formTarget(postsTo)
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': [
        "default-src 'none'",
        `style-src 'nonce-${nonce}'`,
        `script-src 'nonce-${nonce}'`,
        "img-src 'self' https: data:",
        `form-action ${formTargets}`,
        "frame-ancestors 'none'",
        "base-uri 'none'",
      ].join('; '),
      // Not no-referrer: with it Chromium sends `Origin: null` with our own forms.
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      ...headers,
    },
    body: html,
  }
}

/** A redirect URI as a CSP source: the origin of a web address, the scheme of any other. */
function formTarget(uri: string): string {
  const url = new URL(uri)
  return url.protocol === 'https:' || url.protocol === 'http:' ? url.origin : url.protocol
}
