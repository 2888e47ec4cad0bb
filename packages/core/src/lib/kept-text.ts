/** Longer than any name that means something, and short enough for every index. */
export const MAX_KEPT_TEXT = 512

/**
 * What usage and logs keep of a text that may come from anybody: at most 512 UTF-16 code units of it, and U+FFFD in place of the
 * character NUL, which PostgreSQL has no text with.
 */
export function keptText(text: string): string {
  const short = text.length > MAX_KEPT_TEXT ? text.slice(0, MAX_KEPT_TEXT) : text
  return short.includes('\0') ? short.replaceAll('\0', '\uFFFD') : short
}
