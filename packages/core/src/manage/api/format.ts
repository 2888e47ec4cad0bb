import * as z from 'zod'
import type { ManagedCall } from '../../context/endpoint.ts'
import { preferredType } from '../../http/accept.ts'
import { header } from '../../http/request.ts'
import type { HttpResponse } from '../../http/response.ts'

const TYPES = {
  json: 'application/json',
  csv: 'text/csv',
  html: 'text/html',
  pdf: 'application/pdf',
} as const

/** How an answer can be written. */
export type Format = keyof typeof TYPES

/** The parameter `format`, which goes before the field `Accept`. */
export function format<const Formats extends readonly [Format, ...Format[]]>(formats: Formats) {
  return z.enum(formats, `must be one of ${formats.join(', ')}`).optional()
}

/** What a caller gets: what it asked for by name, or likes best of what there is. */
export function formatFor<const Formats extends readonly [Format, ...Format[]]>(
  { request }: ManagedCall,
  asked: Formats[number] | undefined,
  formats: Formats,
): Formats[number] {
  if (asked !== undefined) return asked
  const types = formats.map(name => TYPES[name]) as [string, ...string[]]
  const type = preferredType(header(request.headers, 'accept'), types)
  return formats[types.indexOf(type)] ?? formats[0]
}

/** What depends on the field `Accept` is not another caller's answer. */
export const VARY = { vary: 'accept' }

export function csvResponse(body: string, headers: Readonly<Record<string, string>> = {}): HttpResponse {
  return {
    status: 200,
    headers: {
      'content-type': 'text/csv; charset=utf-8; header=present',
      'cache-control': 'no-store',
      // It is data, whatever is written in it.
      'x-content-type-options': 'nosniff',
      ...VARY,
      ...headers,
    },
    body,
  }
}
