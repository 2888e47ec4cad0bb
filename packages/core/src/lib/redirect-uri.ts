import { isLoopbackHost } from './host.ts'
import { uriProblem, webUrlProblem } from './web-url.ts'

const SCHEME = /^([a-z][a-z0-9+.-]*):/i

/**
 * RFC 8252 section 7.1: an app's own scheme is a domain name in reverse, and a path follows it. The slash tells
 * `com.example.app:/callback` from `example.com:8080/callback`, which is a host whose https:// was forgotten.
 */
const PRIVATE_USE = /^[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+:\//i

/**
 * Why a redirect URI cannot be registered, in words that follow the URI. Allowed are https addresses, http addresses of
 * this machine (RFC 8252 section 7.3), and an app's own scheme (section 7.1); nothing else, so `javascript:`, `data:`
 * and whatever else a browser may run one day are refused without being listed. Fragments are refused
 * (RFC 6749 section 3.1.2), and so are patterns: redirect URIs are compared as whole strings (RFC 9700 section 4.1.3).
 * @returns `undefined` when it can be registered
 */
export function redirectUriProblem(uri: string): string | undefined {
  const problem = uriProblem(uri)
  if (problem !== undefined) return problem
  if (uri.includes('#')) return 'must not have a fragment (RFC 6749 section 3.1.2)'
  if (uri.includes('*')) return 'must not have a *: redirect URIs are compared as whole strings'
  switch (SCHEME.exec(uri)?.[1]?.toLowerCase()) {
    case 'https':
      return webUrlProblem(uri)
    case 'http':
      return webUrlProblem(uri) ?? (isLoopbackHost(new URL(uri).host) ? undefined : NEEDS_HTTPS)
    default:
      return PRIVATE_USE.test(uri) && URL.canParse(uri) ? undefined : NEEDS_SCHEME
  }
}

const NEEDS_HTTPS = 'must begin with https:// (http:// is for localhost, 127.0.0.1 and [::1])'
const NEEDS_SCHEME =
  'must begin with https://, or with an app’s own scheme such as com.example.app:/ (RFC 8252 section 7.1)'
