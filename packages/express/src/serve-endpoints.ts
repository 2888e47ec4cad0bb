import {
  type FindCertificate,
  findBody,
  type HttpRequest,
  type Kit,
  type Match,
  sendResponse,
  splitTarget,
} from '@xwms/core'
import type { Request, RequestHandler } from 'express'

/** Answers at the kit's own paths, and leaves every other to the host without a further look. */
export function serveEndpoints(kit: Kit, findCertificate: FindCertificate): RequestHandler {
  return (request, response, next) => {
    const { path, search } = splitTarget(request.originalUrl)
    const match = kit.match(path, request.baseUrl)
    if (match === undefined) return next()
    return kit.handle(match, httpRequest(request, match, search, findCertificate)).then(answer => {
      // The host may have answered in the meantime, for instance because of a timeout.
      if (!response.headersSent) sendResponse(response, answer)
    })
  }
}

/** An Express request as plain data; protocol, host and address obey the application's `trust proxy`. */
function httpRequest(
  request: Request,
  { path, mountPath }: Match,
  search: string,
  findCertificate: FindCertificate,
): HttpRequest {
  const presented = findCertificate(request)
  return {
    ...(presented && {
      clientCertificate: presented.certificate,
      clientCertificateVerified: presented.verified,
    }),
    method: request.method,
    path,
    search,
    headers: request.headers,
    origin: `${request.protocol}://${request.host ?? ''}`,
    mountPath,
    secure: request.secure,
    ip: request.ip ?? '',
    body: findBody(request, request.body),
  }
}
