import { HttpError } from '../errors.ts'
import type { HttpRequest } from '../http/request.ts'
import { isLoopbackHost } from '../lib/host.ts'
import type { Context } from './context.ts'

/**
 * The address of this XWMS: the configured issuer, or, in development, the one that the caller used.
 * Without an issuer only this machine is served, so that no `Host` header can put a foreign address into a link.
 * @throws {HttpError} 421 `issuer_not_configured`
 */
export function baseUrlOf(context: Context, request: HttpRequest): string {
  if (context.config.issuer !== undefined) return context.config.issuer
  if (!isOurs(request.origin)) {
    throw new HttpError(
      421,
      'issuer_not_configured',
      'This XWMS answers at localhost only, because it has no issuer. Set the option issuer to its public address.',
    )
  }
  return request.origin + request.mountPath
}

/** Whether an origin is this machine's. Of what a caller may claim, the scheme and the port need not even be ones. */
function isOurs(origin: string): boolean {
  const host = /^https?:\/\/(.*)$/.exec(origin)?.[1]
  return host !== undefined && isLoopbackHost(host) && URL.canParse(origin)
}

/**
 * The path of that address as browsers see it, empty at the root. A proxy may have added or taken off some of it, so the
 * path under which the host sees the kit would lead elsewhere.
 */
export function basePathOf(baseUrl: string): string {
  const { pathname } = new URL(baseUrl)
  return pathname === '/' ? '' : pathname
}
