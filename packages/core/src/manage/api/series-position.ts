import * as z from 'zod'
import { MAX_KEPT_TEXT } from '../../lib/kept-text.ts'
import { string } from '../../lib/schema.ts'
import { DOMAIN_MODES } from '../../model/client.ts'
import type { SeriesPosition } from '../../storage/metering.ts'

const word = string()
  .max(MAX_KEPT_TEXT)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u)
const whole = z.int().min(0)
const absent = z.null().transform(() => undefined)

const position = z
  .tuple([
    z.union([absent, whole.max(Date.UTC(9999, 11, 31)).transform(ms => new Date(ms))]),
    z.union([absent, word]),
    z.union([absent, word]),
    z.union([absent, word]),
    z.union([absent, z.enum(DOMAIN_MODES)]),
    z.union([absent, whole.max(9)]),
    z.union([absent, whole]),
  ])
  .transform(
    ([start, clientId, domainId, route, mode, statusClass, unitPriceNanoEuro]): SeriesPosition => ({
      start,
      clientId,
      domainId,
      route,
      mode,
      statusClass,
      unitPriceNanoEuro,
    }),
  )

/** A row's place in a series as text. */
export function writeSeriesPosition(row: SeriesPosition): string {
  const { start, clientId, domainId, route, mode, statusClass, unitPriceNanoEuro } = row
  const place = [start?.getTime(), clientId, domainId, route, mode, statusClass, unitPriceNanoEuro]
  return Buffer.from(JSON.stringify(place.map(value => value ?? null))).toString('base64url')
}

/** The place that text names; `undefined` for what is none of ours. */
export function readSeriesPosition(text: string): SeriesPosition | undefined {
  if (!/^[\w-]{8,4000}$/.test(text)) return undefined
  try {
    return position.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString())).data
  } catch {
    // Nobody wrote that, or it was cut off on its way: the caller hears the same.
    return undefined
  }
}
