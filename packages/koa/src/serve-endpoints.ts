import {
  type FindCertificate,
  findBody,
  type HttpRequest,
  type Kit,
  type Match,
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
    const request = httpRequest(context, match, search, findCertificate)
    return kit.handle(match, request).then(response => answer(context, response))
  }
}

/** What koa-mount has taken off the path on the way here, however deep; `ctx.mountPath` tells the innermost only. */
export function mountPathOf(context: Context, originalPath: string): string {
  if (context.url === context.originalUrl) return ''
  const { path } = splitTarget(context.url)
  return originalPath.endsWith(path) ? originalPath.slice(0, -path.length) : ''
}

/** A Koa request as plain data; protocol, host and address obey `app.proxy`. */
function httpRequest(
  context: Context,
  { path, mountPath }: Match,
  search: string,
  findCertificate: FindCertificate,
): HttpRequest {
  const presented = findCertificate(context.req)
  return {
    ...(presented && {
      clientCertificate: presented.certificate,
      clientCertificateVerified: presented.verified,
    }),
    method: context.method,
    path,
    search,
    headers: context.headers,
    // ctx.origin is the page that sent the request, where a browser says so.
    origin: `${context.protocol}://${context.host}`,
    mountPath,
    secure: context.secure,
    ip: context.ip,
    // Where body parsers put it; Koa itself knows no such member.
    body: findBody(context.req, 'body' in context.request ? context.request.body : undefined),
  }
}
