import type { ManagedCall } from '../../context/endpoint.ts'
import { type HttpResponse, jsonResponse } from '../../http/response.ts'
import { type CursorPosition, writeCursor } from '../../lib/cursor.ts'

/** A page of a list, of which one more was read than is shown: that there is a next page is known without asking again. */
export interface ListPage<Thing> {
  /** The name of the list in JSON. */
  readonly name: string
  /** At most `limit` and one. */
  readonly things: readonly Thing[]
  readonly limit: number
  readonly json: (thing: Thing) => object
  readonly positionOf: (thing: Thing) => CursorPosition
}

/** A page as JSON, with the way to the next one in it and in the `Link` field (RFC 8288). */
export function listResponse<Thing>(
  { baseUrl, request, query }: ManagedCall,
  { name, things, limit, json, positionOf }: ListPage<Thing>,
): HttpResponse {
  const shown = things.slice(0, limit)
  const last = shown.at(-1)
  const next = things.length > limit && last !== undefined ? writeCursor(positionOf(last)) : undefined
  const body = { [name]: shown.map(json), next_cursor: next ?? null }
  if (next === undefined) return jsonResponse(200, body)
  const further = new URLSearchParams(query)
  further.set('cursor', next)
  return jsonResponse(200, body, { link: `<${baseUrl}${request.path}?${further}>; rel="next"` })
}
