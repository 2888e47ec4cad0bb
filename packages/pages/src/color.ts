/**
 * As much colour arithmetic as it takes to keep any brand colour readable. Colours are `#rrggbb`.
 * Luminance and contrast are those of WCAG 2.2, https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio.
 */

export const BLACK = '#000000'
export const WHITE = '#ffffff'

/** `#rgb` and `#rrggbb` in either case, as lower-case `#rrggbb`; anything else is `undefined`. */
export function parseColor(value: string): string | undefined {
  if (/^#[0-9a-f]{6}$/i.test(value)) return value.toLowerCase()
  if (/^#[0-9a-f]{3}$/i.test(value)) return value.toLowerCase().replace(/[0-9a-f]/g, '$&$&')
  return undefined
}

/** From 1, the same, to 21, black on white. AA asks 4.5 of text and 3 of the outline of a control. */
export function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (lighter + 0.05) / (darker + 0.05)
}

/** Black or white, whichever reads better; the better one always has a contrast of at least 4.5. */
export function textOn(background: string): string {
  return contrast(WHITE, background) >= contrast(BLACK, background) ? WHITE : BLACK
}

/** The nearest shade of a colour that has the wanted contrast on a background. */
export function readableOn(background: string, color: string, ratio: number): string {
  const toward = textOn(background)
  for (let share = 0; share < 1; share += 0.02) {
    const shade = mix(color, toward, share)
    if (contrast(shade, background) >= ratio) return shade
  }
  return toward
}

/** A colour with a share (0 to 1) of another in it. */
export function mix(color: string, other: string, share: number): string {
  const others = channels(other)
  const mixed = channels(color).map((value, index) => value + ((others[index] ?? 0) - value) * share)
  return `#${mixed.map(value => Math.round(value).toString(16).padStart(2, '0')).join('')}`
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = channels(color).map(value => {
    const level = value / 255
    return level <= 0.04045 ? level / 12.92 : ((level + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function channels(color: string): number[] {
  return [1, 3, 5].map(start => Number.parseInt(color.slice(start, start + 2), 16))
}
