/**
 * Which addresses a page may contain. Core has checked them once; they are checked again where they become `href`
 * and `src`, because a host may call the pages with views of its own, and `javascript:` in a link is code.
 */

/** An absolute http or https URL in its normal form; anything else is `undefined`. */
export function webUrl(value: string | undefined): string | undefined {
  if (value === undefined || !URL.canParse(value)) return undefined
  const url = new URL(value)
  return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : undefined
}

/** A path on the site that serves the page, with its query; anything that leads elsewhere is `undefined`. */
export function localPath(value: string): string | undefined {
  // Parsing as a browser does also catches `//host`, `/\host`, and tabs hidden between the slashes.
  const base = 'https://site.invalid'
  if (!value.startsWith('/') || !URL.canParse(value, base)) return undefined
  const url = new URL(value, base)
  return url.origin === base ? url.pathname + url.search : undefined
}

/** The host that a URL leads to, with its port where it has one. */
export function hostOf(url: string): string {
  return new URL(url).host
}
