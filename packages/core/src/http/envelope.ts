import type { HttpError } from '../errors.ts'
import { type HttpResponse, jsonResponse } from './response.ts'

/** The success envelope of `/api/*` (xwms-api.md, "Envelope"). */
export function successEnvelope(message: string, data: unknown): HttpResponse {
  return jsonResponse(200, { status: 'success', message, data })
}

/** The error envelope of `/api/*` (xwms-api.md, "Envelope"). */
export function errorEnvelope(error: HttpError, requestId: string): HttpResponse {
  return jsonResponse(
    error.status,
    {
      status: 'error',
      message: error.message,
      error: { code: error.code, request_id: requestId, ...(error.fields && { fields: error.fields }) },
    },
    error.headers,
  )
}
