import {
  adapterOptions,
  createKit,
  type MountedKit,
  type ProtectOptions,
  type TokenProtectOptions,
  takesTokens,
  type XwmsOptions,
} from '@xwms/core'
import { pages } from '@xwms/pages'
import { memory } from '@xwms/storage-memory'
import type { Middleware } from 'koa'
import { guardResource, guardRoute } from './guard-route.ts'
import { serveEndpoints } from './serve-endpoints.ts'

/** XWMS as Koa middleware: `app.use(auth)` serves every endpoint and page, `auth.protect()` guards your own routes. */
export interface Xwms extends Middleware, MountedKit {
  /**
   * Guards whatever middleware comes after it by the rule chain, and meters it. The middleware finds the caller in
   * `ctx.xwms`; the response ends once its usage event is committed. Guard a router or its routes, not both: each guard that a request
   * passes meters it, at its own price.
   * @throws {ConfigurationError} when the price or the scope is not in the configuration
   *
   * @example
   * router.get('/orders', auth.protect({ scope: 'orders:read', price: 'orders' }), ctx => {
   *   ctx.body = { for: ctx.xwms.client.name }
   * })
   */
  protect(options?: ProtectOptions): Middleware
  /**
   * Guards a route by access tokens of this XWMS instead, and meters it. Clients ask for them with the resource indicator
   * `resource` (RFC 8707) and find out where from the metadata that a refusal names (RFC 9728). The caller stands in
   * `ctx.xwmsToken`.
   * @throws {ConfigurationError} when the price or the scope is not in the configuration, or `resource` cannot be one
   *
   * @example
   * app.use(mount('/mcp', compose([auth.protect({ resource: '/mcp', scope: 'mcp' }), mcpServer])))
   */
  protect(options: TokenProtectOptions): Middleware
}

/**
 * Creates XWMS for a Koa application. Without options it keeps everything in memory and serves this machine only.
 * @throws {ConfigurationError} that names every problem at once
 *
 * @example
 * const auth = xwms({ issuer: 'https://example.com', storage: postgres(process.env.DATABASE_URL) })
 * app.use(auth)
 */
export function xwms(given: XwmsOptions = {}): Xwms {
  const { findCertificate, options, problems } = adapterOptions(given)
  const kit = createKit(
    { ...options, storage: options.storage ?? memory(), pages: options.pages ?? pages() },
    problems,
  )
  kit.begin()
  return Object.assign(serveEndpoints(kit, findCertificate), {
    protect: (protection: ProtectOptions | TokenProtectOptions = {}) =>
      takesTokens(protection) ? guardResource(kit, protection, findCertificate) : guardRoute(kit, protection),
    kit,
    ready: kit.ready,
    close: kit.close,
  })
}
