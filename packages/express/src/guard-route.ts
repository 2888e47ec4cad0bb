import {
  type Admission,
  type AdmittedCaller,
  endOnceMetered,
  type FindCertificate,
  type GuardRequest,
  isAnswerUnwanted,
  type Kit,
  type McpAuthInfo,
  mcpAuthInfo,
  type ProtectOptions,
  type Refusal,
  sendResponse,
  splitTarget,
  type TokenCaller,
  type TokenGuardRequest,
  type TokenProtectOptions,
} from '@xwms/core'
import type { Request, RequestHandler, Response } from 'express'
import { mountPathAbove, mountPathInOneSpelling } from './mount-path.ts'

declare global {
  namespace Express {
    interface Request {
      /** Who called, on routes guarded by `auth.protect()`; elsewhere it is missing. */
      xwms: AdmittedCaller
      /** Who called, on routes guarded by `auth.protect({ resource })`; elsewhere it is missing. */
      xwmsToken: TokenCaller
    }
  }
}

/** Lets admitted callers through to the host's handler, metered, and answers everybody else. Never touches the body. */
export function guardRoute(kit: Kit, options: ProtectOptions | undefined): RequestHandler {
  const guard = kit.protect(options)
  return (request, response, next) => {
    const proceed = (verdict: Admission | Refusal) => {
      if (!verdict.admitted) return refuse(response, verdict)
      request.xwms = verdict.caller
      endOnceMetered(response, verdict, kit.failure)
      next()
    }
    const verdict = guard(new GuardedRequest(request))
    // Most callers are known, and cost no turn of the event loop.
    return verdict instanceof Promise ? verdict.then(proceed) : proceed(verdict)
  }
}

/** The same by access token. What the handler of an MCP server looks for stands in `req.auth`. */
export function guardResource(
  kit: Kit,
  options: TokenProtectOptions,
  findCertificate: FindCertificate,
): RequestHandler {
  const guard = kit.protect(options)
  const failure = (error: unknown, requestId: string) => kit.failure(error, requestId, 'oauth')
  return async (request: Request & { auth?: McpAuthInfo }, response, next) => {
    const verdict = await guard(new TokenRequest(request, findCertificate))
    if (!verdict.admitted) return refuse(response, verdict)
    request.xwmsToken = verdict.caller
    request.auth = mcpAuthInfo(verdict.caller)
    endOnceMetered(response, verdict, failure)
    next()
  }
}

function refuse(response: Response, { response: answer }: Refusal): void {
  if (!response.headersSent) sendResponse(response, answer)
}

/** What the guard asks of an Express request, worked out only if it does. */
class GuardedRequest implements GuardRequest {
  readonly #request: Request
  readonly #mountPath: string
  readonly #route: Request['route']

  constructor(request: Request) {
    this.#request = request
    this.#mountPath = request.baseUrl
    this.#route = request.route
  }

  get headers() {
    return this.#request.headers
  }

  ip(): string {
    return this.#request.ip ?? ''
  }

  secure(): boolean {
    return this.#request.secure
  }

  get passed() {
    return this.#request.xwms ?? this.#request.xwmsToken
  }

  hasLeft(): boolean {
    return isAnswerUnwanted(this.#request.res as Response)
  }

  /**
   * `GET /orders/:id`: the pattern of the route that answers, which a guard on a router comes to know only afterwards. Where
   * there is no route (static files, say), `GET /files/*`: everything below the mount path.
   */
  get route(): string {
    const { method, route } = this.#request
    const mountPath =
      route === undefined || route !== this.#route ? this.#mountPathOf(route) : this.#mountPath
    return `${method} ${mountPath && mountPathInOneSpelling(mountPath)}${route === undefined ? '/*' : route.path}`
  }

  /** That of a route which was found behind the guard. */
  #mountPathOf(route: Request['route']): string {
    // On its way to the error handlers a request leaves its routers, until nothing is left of baseUrl, whatever its type says.
    const baseUrl = this.#request.baseUrl ?? ''
    const found = route && mountPathAbove(route.path, baseUrl + splitTarget(this.#request.url).path)
    if (found?.startsWith(this.#mountPath) || (found !== undefined && this.#mountPath.startsWith(found)))
      return found
    return baseUrl.startsWith(this.#mountPath) ? baseUrl : this.#mountPath
  }
}

class TokenRequest extends GuardedRequest implements TokenGuardRequest {
  readonly method: string
  readonly path: () => string
  readonly certificate: () => string | undefined

  constructor(request: Request, findCertificate: FindCertificate) {
    super(request)
    this.method = request.method
    this.path = () => splitTarget(request.originalUrl).path
    this.certificate = () => findCertificate(request)?.certificate
  }
}
