import type { Logger } from '../config/options.ts'

/** What is served, and where. */
export interface Served {
  /** The path that the configuration says; `undefined` where the framework decides. */
  readonly mountPath: string | undefined
  /** Whether an endpoint is at a path below the mount path. */
  isEndpoint(relative: string): boolean
  /** Every path that is answered, as the host sees it. */
  paths(): Iterable<string>
}

/**
 * Tells the operator of a mount below which nothing is ever found, such as `app.use('/auth', auth)` with an issuer without a path:
 * every endpoint is the host's 404 there, and nothing else says why. Once, and only when somebody asks there for an endpoint.
 */
export class MountCheck {
  readonly #logger: Logger
  readonly #served: Served
  #settled: boolean

  constructor(logger: Logger, served: Served) {
    this.#logger = logger
    this.#served = served
    this.#settled = served.mountPath === undefined
  }

  /**
   * Looks at a request that was not for the kit, until one has shown that the mount is right.
   * @param path the whole path of the request
   * @param hostMountPath where the framework says the kit is mounted
   */
  missed(path: string, hostMountPath: string): void {
    if (this.#settled) return
    // Frameworks compare mount paths without regard to case, and tell them as the caller wrote them.
    const here = `${hostMountPath}/`.toLowerCase()
    const mountPath = this.#served.mountPath ?? ''
    if (`${mountPath}/`.toLowerCase().startsWith(here)) {
      this.#settled = true
      return
    }
    if (!path.toLowerCase().startsWith(here)) return
    if (!this.#served.isEndpoint(path.slice(hostMountPath.length))) return
    // A mount at `/.well-known` or `/oauth` brings a part of what there is, on purpose.
    for (const served of this.#served.paths()) if (served.toLowerCase().startsWith(here)) return
    // The same request may go on to a mount at the root.
    setImmediate(() => this.#warn(hostMountPath, mountPath))
  }

  #warn(hostMountPath: string, mountPath: string): void {
    if (this.#settled) return
    this.#settled = true
    this.#logger.warn(
      { mountedAt: hostMountPath, serves: mountPath || '/' },
      `XWMS is mounted below ${hostMountPath} and serves ${mountPath || '/'}, so that nothing is found there. Mount it at the root; or give the issuer the path ${hostMountPath}, if that is where the world sees it; or set the option mountPath to ${hostMountPath}, if a proxy adds that.`,
    )
  }
}
