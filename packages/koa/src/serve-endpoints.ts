import {
  type FindCertificate,
  findBody,
  type HttpBody,
  type HttpRequest,
  isAnswerUnwanted,
  type Kit,
  type Match,
  type PresentedCertificate,
  rememberAddress,
  splitTarget,
} from '@xwms/core'
import type { Context, Middleware } from 'koa'
import { answer } from './answer.ts'

/** Answers at the kit's own paths, and leaves every other to the host without a further look. */
export function serveEndpoints(kit: Kit, findCertificate: FindCertificate): Middleware {
  return (context, next) => {
    const { path, search } = splitTarget(context.originalUrl)
    const match = kit.match(path, mountPathOf(context, path))
    if (match === undefined) return next()
    const request = new EndpointRequest(context, match, search, findCertificate(context.req))
    return kit.handle(match, request).then(response => answer(context, response))
  }
}

/** What koa-mount has taken off the path on the way here, however deep; `ctx.mountPath` tells the innermost only. */
export function mountPathOf(context: Context, originalPath: string): string {
  if (context.url === context.originalUrl) return ''
  const { path } = splitTarget(context.url)
  if (originalPath.endsWith(path)) return originalPath.slice(0, -path.length)
  // Below a mount at `/shop`, koa-mount makes `/` of `/shop` as of `/shop/`.
  return path === '/' && originalPath.endsWith(context.mountPath) ? originalPath : ''
}

/** A Koa request as plain data; protocol, host and address obey `app.proxy`, and are worked out for whoever asks. */
class EndpointRequest implements HttpRequest {
  readonly method: string
  readonly path: string
  readonly search: string
  readonly headers: HttpRequest['headers']
  readonly mountPath: string
  readonly clientCertificate: string | undefined
  readonly clientCertificateVerified: boolean | undefined
  readonly body: HttpBody
  readonly #context: Context

  constructor(
    context: Context,
    { path, mountPath }: Match,
    search: string,
    presented: PresentedCertificate | undefined,
  ) {
    this.method = context.method
    this.path = path
    this.search = search
    this.headers = context.headers
    this.mountPath = mountPath
    this.clientCertificate = presented?.certificate
    this.clientCertificateVerified = presented?.verified
    // Where body parsers put it; Koa itself knows no such member.
    this.body = findBody(context.req, 'body' in context.request ? context.request.body : undefined)
    this.#context = context
    rememberAddress(context.req)
  }

  get origin(): string {
    // ctx.origin is the page that sent the request, where a browser says so.
    return `${this.#context.protocol}://${this.#context.host}`
  }

  get secure(): boolean {
    return this.#context.secure
  }

  get ip(): string {
    return this.#context.ip
  }

  get hasLeft(): boolean {
    return isAnswerUnwanted(this.#context.res)
  }
}
