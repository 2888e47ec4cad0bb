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
  sendResponse,
  splitTarget,
} from '@xwms/core'
import type { Request, RequestHandler, Response } from 'express'

/** Answers at the kit's own paths, and leaves every other to the host without a further look. */
export function serveEndpoints(kit: Kit, findCertificate: FindCertificate): RequestHandler {
  return (request, response, next) => {
    const { path, search } = splitTarget(request.originalUrl)
    const match = kit.match(path, request.baseUrl)
    if (match === undefined) return next()
    const asked = new EndpointRequest(request, match, search, findCertificate(request))
    return kit.handle(match, asked).then(answer => {
      // The host may have answered in the meantime, for instance because of a timeout.
      if (!response.headersSent) sendResponse(response, answer)
    })
  }
}

/**
 * An Express request as plain data; protocol, host and address obey the application's `trust proxy`. Express works them out by
 * walking through the addresses of proxies, which takes longer than to route the request, so that is left until somebody asks.
 */
class EndpointRequest implements HttpRequest {
  readonly method: string
  readonly path: string
  readonly search: string
  readonly headers: HttpRequest['headers']
  readonly mountPath: string
  readonly clientCertificate: string | undefined
  readonly clientCertificateVerified: boolean | undefined
  readonly body: HttpBody
  readonly #request: Request

  constructor(
    request: Request,
    { path, mountPath }: Match,
    search: string,
    presented: PresentedCertificate | undefined,
  ) {
    this.method = request.method
    this.path = path
    this.search = search
    this.headers = request.headers
    this.mountPath = mountPath
    this.clientCertificate = presented?.certificate
    this.clientCertificateVerified = presented?.verified
    this.body = findBody(request, request.body)
    this.#request = request
    rememberAddress(request)
  }

  get origin(): string {
    return `${this.#request.protocol}://${this.#request.host ?? ''}`
  }

  get secure(): boolean {
    return this.#request.secure
  }

  get ip(): string {
    return this.#request.ip ?? ''
  }

  get hasLeft(): boolean {
    return isAnswerUnwanted(this.#request.res as Response)
  }
}
