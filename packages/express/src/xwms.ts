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
import type { RequestHandler } from 'express'
import { guardResource, guardRoute } from './guard-route.ts'
import { serveEndpoints } from './serve-endpoints.ts'

/** XWMS as Express middleware: `app.use(auth)` serves every endpoint and page, `auth.protect()` guards your own routes. */
export interface Xwms extends RequestHandler, MountedKit {
  /**
   * Guards a route, or everything below a router, by the rule chain, and meters it. The handler finds the caller in
   * `req.xwms`; the response ends once its usage event is committed. Guard a router or its routes, not both: each guard that a request
   * passes meters it, at its own price.
   * @throws {ConfigurationError} when the price or the scope is not in the configuration
   *
   * @example
   * app.get('/orders', auth.protect({ scope: 'orders:read', price: 'orders' }), (req, res) => {
   *   res.json({ for: req.xwms.client.name })
   * })
   */
  protect(options?: ProtectOptions): RequestHandler
  /**
   * Guards a route by access tokens of this XWMS instead, and meters it. Clients ask for them with the resource indicator
   * `resource` (RFC 8707) and find out where from the metadata that a refusal names (RFC 9728). The caller stands in
   * `req.xwmsToken`.
   * @throws {ConfigurationError} when the price or the scope is not in the configuration, or `resource` cannot be one
   *
   * @example
   * app.use('/mcp', auth.protect({ resource: '/mcp', scope: 'mcp' }), mcpServer)
   */
  protect(options: TokenProtectOptions): RequestHandler
}

/**
 * Creates XWMS for an Express application. Without options it keeps everything in memory and serves this machine only.
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
