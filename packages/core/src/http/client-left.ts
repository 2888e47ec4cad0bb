import type { ServerResponse } from 'node:http'
import { http2Stream } from './http2.ts'
import type { HttpResponse } from './response.ts'

/** nginx's status for a caller who left before there was an answer; it exists in our books only. */
export const CLIENT_LEFT = 499

/** Whether nobody waits for an answer any more: the caller has left, or the host has answered, for instance because of a timeout. */
export function isAnswerUnwanted(response: ServerResponse): boolean {
  if (response.writableEnded) return true
  // Of callers who send requests one after the other without waiting for answers, the later responses are not told.
  return (http2Stream(response) ?? response.req.socket).destroyed
}

/** What is answered where nobody reads it. */
export function answerToNobody(requestId: string): HttpResponse {
  return { status: CLIENT_LEFT, headers: { 'x-request-id': requestId }, body: '' }
}
