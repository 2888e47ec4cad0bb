import { parseCookie, stringifySetCookie } from 'cookie'
import { type HttpHeaders, header } from './request.ts'

/** How a kit's cookies are written: decided by the address that browsers see. */
export interface CookieScope {
  readonly secure: boolean
  readonly path: string
}

/**
 * The name that a cookie has on the wire. Over TLS the `__Host-` prefix keeps other hosts of the same site from
 * setting it (RFC 6265bis section 4.1.3.2).
 */
function wireName(name: string, scope: Pick<CookieScope, 'secure'>): string {
  return scope.secure ? `__Host-${name}` : name
}

/** @param scope the cookie's; a browser tells neither path nor anything else of it */
export function readCookie(
  headers: HttpHeaders,
  name: string,
  scope: Pick<CookieScope, 'secure'>,
): string | undefined {
  const field = header(headers, 'cookie')
  return field === undefined ? undefined : parseCookie(field)[wireName(name, scope)]
}

/** A `Set-Cookie` value that scripts cannot read and other sites' requests do not carry. */
export function writeCookie(name: string, value: string, maxAgeSeconds: number, scope: CookieScope): string {
  return stringifySetCookie({
    name: wireName(name, scope),
    value,
    httpOnly: true,
    sameSite: 'lax',
    secure: scope.secure,
    // The `__Host-` prefix asks for the path `/`.
    path: scope.secure ? '/' : scope.path,
    maxAge: maxAgeSeconds,
  })
}
