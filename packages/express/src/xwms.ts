import { createKit, type Kit, type ProtectOptions, type XwmsOptions } from '@xwms/core'
import { pages } from '@xwms/pages'
import { memory } from '@xwms/storage-memory'
import type { RequestHandler } from 'express'
import { guardRoute } from './guard-route.ts'
import { serveEndpoints } from './serve-endpoints.ts'

/** XWMS as Express middleware: `app.use(auth)` serves every endpoint and page, `auth.protect()` guards your own routes. */
export interface Xwms extends RequestHandler {
  /**
   * Guards a route, or everything below a router, by the rule chain, and meters it. The handler finds the caller in
   * `req.xwms`; the response ends once its usage event is committed.
   * @throws {ConfigurationError} when the price or the scope is not in the configuration
   *
   * @example
   * app.get('/orders', auth.protect({ scope: 'orders:read', price: 'orders' }), (req, res) => {
   *   res.json({ for: req.xwms.client.name })
   * })
   */
  protect(options?: ProtectOptions): RequestHandler
  /** What the adapter works with. */
  readonly kit: Kit
  /**
   * Resolves when everything needed is there. Requests wait for that by themselves; call it to fail at start.
   * @throws {StorageUnavailableError} with a sentence that says what to do
   */
  ready(): Promise<void>
  /** Writes what is waiting to be written, and lets go of the storage. Call it once the server has closed. */
  close(): Promise<void>
}

/**
 * Creates XWMS for an Express application. Without options it keeps everything in memory and serves this machine only.
 * @throws {ConfigurationError} that names every problem at once
 *
 * @example
 * const auth = xwms({ issuer: 'https://example.com', storage: postgres(process.env.DATABASE_URL) })
 * app.use(auth)
 */
export function xwms(options: XwmsOptions = {}): Xwms {
  const kit = createKit({
    ...options,
    storage: options.storage ?? memory(),
    pages: options.pages ?? pages(),
  })
  return Object.assign(serveEndpoints(kit), {
    protect: (protection?: ProtectOptions) => guardRoute(kit, protection),
    kit,
    ready: kit.ready,
    close: kit.close,
  })
}
