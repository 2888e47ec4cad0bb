import { HttpError, InputError, StorageUnavailableError } from '../errors.ts'
import { errorEnvelope } from '../http/envelope.ts'
import { problemResponse } from '../http/problem.ts'
import type { HttpRequest } from '../http/request.ts'
import { type HttpResponse, jsonResponse } from '../http/response.ts'
import type { Context } from './context.ts'
import type { FailureFormat } from './endpoint.ts'
import type { Reader } from './pages/page-locale.ts'
import { pageResponse } from './pages/page-response.ts'

/**
 * Turns whatever was thrown into an answer. Refusals say what they are; anything else is logged with its cause and shown
 * as a plain 500 or 503 under the request id, by which the log line is found.
 * @param request whose sender reads the answer, for the language of a page
 */
export function failureResponse(
  context: Context,
  format: FailureFormat,
  thrown: unknown,
  requestId: string,
  request?: HttpRequest,
): HttpResponse {
  const error = asHttpError(context, thrown, requestId)
  switch (format) {
    case 'envelope':
      return errorEnvelope(error, requestId)
    case 'oauth':
      return oauthError(error)
    case 'problem':
      return problemResponse(error, requestId)
    case 'page':
      return pageResponse(
        context,
        readerOf(request),
        (pages, base) =>
          pages.error({ ...base, status: error.status, code: error.code, message: error.message, requestId }),
        { status: error.status, headers: error.headers },
      )
  }
}

function readerOf(request: HttpRequest | undefined): Reader {
  return { request: { headers: request?.headers ?? {} }, query: new URLSearchParams(request?.search) }
}

function asHttpError(context: Context, thrown: unknown, requestId: string): HttpError {
  if (thrown instanceof HttpError) return thrown
  if (thrown instanceof StorageUnavailableError) {
    context.outage.tell(thrown, { requestId })
    return new HttpError(503, thrown.code, 'The service is unavailable for the moment. Try again soon.', {
      headers: { 'retry-after': '5' },
    })
  }
  if (thrown instanceof InputError && thrown.code === 'changed_meanwhile')
    return new HttpError(409, thrown.code, thrown.message)
  context.logger.error({ error: thrown, requestId }, 'A request failed.')
  return new HttpError(500, 'server_error', 'Something went wrong here. Tell the operator the request id.')
}

/** RFC 6749 section 5.2 limits a description to printable ASCII without quote and backslash. */
function oauthError(error: HttpError): HttpResponse {
  return jsonResponse(
    error.status,
    { error: OAUTH_CODES[error.code] ?? error.code, error_description: asciiDescription(error.message) },
    { pragma: 'no-cache', ...error.headers },
  )
}

/** Codes of the kit that have another name in RFC 6749. */
const OAUTH_CODES: Readonly<Record<string, string>> = {
  body_too_large: 'invalid_request',
  unsupported_media_type: 'invalid_request',
  malformed_body: 'invalid_request',
  method_not_allowed: 'invalid_request',
  issuer_not_configured: 'invalid_request',
  storage_unavailable: 'temporarily_unavailable',
}

/** A sentence as RFC 6749 section 5.2 allows it in `error_description`. */
export function asciiDescription(text: string): string {
  return text
    .replaceAll('’', "'")
    .replaceAll('"', "'")
    .replace(/[^\x20\x21\x23-\x5B\x5D-\x7E]/g, '?')
}
