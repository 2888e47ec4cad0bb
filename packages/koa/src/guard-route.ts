import type { IncomingMessage } from 'node:http'
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
  splitTarget,
  type TokenCaller,
  type TokenGuardRequest,
  type TokenProtectOptions,
} from '@xwms/core'
import type { Context, Middleware } from 'koa'
import { answer } from './answer.ts'
import { mountPathOf } from './serve-endpoints.ts'

declare module 'koa' {
  interface ExtendableContext {
    /** Who called, behind `auth.protect()`; elsewhere it is missing. */
    xwms: AdmittedCaller
    /** Who called, behind `auth.protect({ resource })`; elsewhere it is missing. */
    xwmsToken: TokenCaller
  }
}

/** Lets admitted callers through to the host's middleware, metered, and answers everybody else. Never touches the body. */
export function guardRoute(kit: Kit, options: ProtectOptions | undefined): Middleware {
  const guard = kit.protect(options)
  return (context, next) => {
    const proceed = (verdict: Admission | Refusal) => {
      if (!verdict.admitted) return answer(context, verdict.response)
      context.xwms = verdict.caller
      endOnceMetered(context.res, verdict, kit.failure)
      return next()
    }
    const verdict = guard(new GuardedRequest(context))
    // Most callers are known, and cost no promise.
    return verdict instanceof Promise ? verdict.then(proceed) : proceed(verdict)
  }
}

/** The same by access token. What the transport of an MCP server looks for stands in `ctx.req.auth`. */
export function guardResource(
  kit: Kit,
  options: TokenProtectOptions,
  findCertificate: FindCertificate,
): Middleware {
  const guard = kit.protect(options)
  const failure = (error: unknown, requestId: string) => kit.failure(error, requestId, 'oauth')
  return async (context, next) => {
    const verdict = await guard(new TokenRequest(context, findCertificate))
    if (!verdict.admitted) return answer(context, verdict.response)
    context.xwmsToken = verdict.caller
    const request: IncomingMessage & { auth?: McpAuthInfo } = context.req
    request.auth = mcpAuthInfo(verdict.caller)
    endOnceMetered(context.res, verdict, failure)
    return next()
  }
}

/** What the guard asks of a Koa request, worked out only if it does. */
class GuardedRequest implements GuardRequest {
  readonly #context: Context
  readonly #mountPath: string

  constructor(context: Context) {
    this.#context = context
    // By the time the response ends, koa-mount has put the path back.
    this.#mountPath = mountPathOf(context, splitTarget(context.originalUrl).path)
  }

  get headers() {
    return this.#context.headers
  }

  ip(): string {
    return this.#context.ip
  }

  secure(): boolean {
    return this.#context.secure
  }

  get passed() {
    return this.#context.xwms ?? this.#context.xwmsToken
  }

  hasLeft(): boolean {
    return isAnswerUnwanted(this.#context.res)
  }

  /**
   * `GET /orders/:id`: the pattern by which the router found the route. Koa has no router of its own; @koa/router leaves
   * the pattern in `_matchedRoute`, koa-route in `routePath`. Without one, `GET /orders/*`: everything below the mount path.
   */
  get route(): string {
    const { method, _matchedRoute, routePath } = this.#context
    return `${method} ${this.#mountPath}${_matchedRoute ?? routePath ?? '/*'}`
  }
}

class TokenRequest extends GuardedRequest implements TokenGuardRequest {
  readonly method: string
  readonly path: () => string
  readonly certificate: () => string | undefined

  constructor(context: Context, findCertificate: FindCertificate) {
    super(context)
    this.method = context.method
    this.path = () => splitTarget(context.originalUrl).path
    this.certificate = () => findCertificate(context.req)?.certificate
  }
}
