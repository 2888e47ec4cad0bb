import type { ManagedCall } from '../../context/endpoint.ts'
import { type HttpResponse, jsonResponse } from '../../http/response.ts'
import { writeCursor } from './cursor.ts'

/** A page of a list, of which one more was read than is shown: that there is a next page is known without asking again. */
export interface ListPage<Thing> {
  /** The name of the list in JSON. */
  readonly name: string
  /** At most `limit` and one. */
  readonly things: readonly Thing[]
  readonly limit: number
  readonly json: (thing: Thing) => object
  /** Where a thing is in the list. */
  readonly placeOf: (thing: Thing) => string
}

/** A page as JSON, with the way to the next one in it and in the `Link` field (RFC 8288). */
export function listResponse<Thing>(
  call: ManagedCall,
  { name, things, limit, json, placeOf }: ListPage<Thing>,
): HttpResponse {
  const shown = things.slice(0, limit)
  const last = shown.at(-1)
  const next = things.length > limit && last !== undefined ? writeCursor(call, placeOf(last)) : undefined
  const body = { [name]: shown.map(json), next_cursor: next ?? null }
  return jsonResponse(200, body, nextLink(call, next))
}

/** The way to the next page, as the `Link` field (RFC 8288): the same query, further on. */
export function nextLink(
  { baseUrl, request, query }: ManagedCall,
  cursor: string | undefined,
): Readonly<Record<string, string>> {
  if (cursor === undefined) return {}
  const further = new URLSearchParams(query)
  further.set('cursor', cursor)
  return { link: `<${baseUrl}${request.path}?${further}>; rel="next"` }
}
