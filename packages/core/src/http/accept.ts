/** A media type of an `Accept` field, with its weight. */
interface Range {
  readonly type: string
  readonly weight: number
}

/**
 * Of the media types that can be answered with, the one that a caller likes best (RFC 9110 section 12.5.1); of equals the
 * first, which is also what a caller without a wish gets, or with one that cannot be met.
 * @param accept the field `Accept`
 * @param offered lower-case, such as `text/csv`; at least one
 */
export function preferredType<const Offered extends readonly [string, ...string[]]>(
  accept: string | undefined,
  offered: Offered,
): Offered[number] {
  const ranges = rangesOf(accept)
  let best: Offered[number] = offered[0]
  let most = 0
  for (const type of offered) {
    const weight = weightOf(type, ranges)
    if (weight > most) {
      best = type
      most = weight
    }
  }
  return best
}

/**
 * Whether a caller asks for a media type that nobody gets unasked: it names it, and likes it no less than the usual one. A
 * wildcard asks for nothing unusual, and a weight of 0 refuses (RFC 9110 section 12.4.2).
 * @param accept the field `Accept`
 * @param type lower-case, as `usual` is
 */
export function asksFor(accept: string | undefined, type: string, usual: string): boolean {
  const ranges = rangesOf(accept)
  const weight = ranges.find(range => range.type === type)?.weight ?? 0
  return weight > 0 && weight >= weightOf(usual, ranges)
}

function rangesOf(accept = ''): readonly Range[] {
  return accept.split(',').map(rangeOf)
}

function rangeOf(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map(part => part.trim().toLowerCase())
  const weight = parameters.map(parameter => /^q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.exec(parameter)?.[1])
  return { type, weight: Number(weight.find(found => found !== undefined) ?? 1) }
}

/** By the range that says most: the type itself, its kind, or anything. */
function weightOf(type: string, ranges: readonly Range[]): number {
  for (const wanted of [type, `${type.split('/')[0]}/*`, '*/*']) {
    const range = ranges.find(range => range.type === wanted)
    if (range !== undefined) return range.weight
  }
  return 0
}
