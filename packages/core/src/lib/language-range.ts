/** More languages than anybody reads; whoever sends more is not asked for their like. */
const MOST_RANGES = 32

/** RFC 5646 section 2.1, as far as a lookup asks; `*` stands for no language in particular, so it finds none. */
const RANGE = /^[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*$/

/**
 * The tag that suits best: of the ranges, in the order in which they are liked, the first that is offered, itself or in a wider
 * form (RFC 4647 section 3.4).
 * @param offered language tags (BCP 47)
 */
export function lookUpLanguage(ranges: readonly string[], offered: readonly string[]): string | undefined {
  for (const range of ranges) {
    for (let wanted = range.toLowerCase(); wanted !== ''; wanted = wider(wanted)) {
      const found = offered.find(tag => tag.toLowerCase() === wanted)
      if (found !== undefined) return found
    }
  }
  return undefined
}

/** A range without its last subtag, and without a single letter before it, which means nothing by itself. */
function wider(range: string): string {
  const subtags = range.split('-').slice(0, -1)
  if (subtags.length > 1 && subtags.at(-1)?.length === 1) subtags.pop()
  return subtags.join('-')
}

/** The ranges of `ui_locales` (OpenID Connect Core section 3.1.2.1), in their order; what is none is passed over. */
export function languageRanges(text: string | undefined): readonly string[] {
  return (text ?? '').split(' ', MOST_RANGES).filter(range => RANGE.test(range))
}

/** The ranges of `Accept-Language` (RFC 9110 section 12.5.4), the best liked first, without those that are not wanted. */
export function acceptedLanguages(field: string | undefined): readonly string[] {
  return (field ?? '')
    .split(',', MOST_RANGES)
    .map(part => {
      const [range = '', ...parameters] = part.split(';').map(piece => piece.trim())
      const weight = parameters.map(one => /^q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/i.exec(one)?.[1])
      return { range, weight: Number(weight.find(found => found !== undefined) ?? 1) }
    })
    .filter(({ range, weight }) => weight > 0 && RANGE.test(range))
    .sort((one, other) => other.weight - one.weight)
    .map(({ range }) => range)
}
