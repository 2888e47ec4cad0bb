import { isLoopbackHost } from './host.ts'
import { webUrlProblem } from './web-url.ts'

/**
 * Why a text is not the address of a server that this one may call or send a browser to, in words that follow its name.
 * @returns `undefined` for an https URL, and for an http URL of this machine, as in development
 */
export function serverUrlProblem(text: string): string | undefined {
  return webUrlProblem(text) ?? (isSecure(new URL(text)) ? undefined : NEEDS_HTTPS)
}

/** @returns `undefined` for an https URL and nothing else */
export function httpsUrlProblem(text: string): string | undefined {
  return webUrlProblem(text) ?? (new URL(text).protocol === 'https:' ? undefined : 'must begin with https://')
}

/** The same with nothing after a `#`, which no server gets to see. */
export function withoutFragment(
  problemOf: (text: string) => string | undefined,
): (text: string) => string | undefined {
  return text => problemOf(text) ?? (text.includes('#') ? 'must not have a fragment' : undefined)
}

function isSecure(url: URL): boolean {
  return url.protocol === 'https:' || isLoopbackHost(url.host)
}

const NEEDS_HTTPS = 'must begin with https:// (http:// is for localhost, 127.0.0.1 and [::1])'
