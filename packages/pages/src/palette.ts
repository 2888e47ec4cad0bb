import { BLACK, mix, readableOn, textOn, WHITE } from './color.ts'

/** The colours of one scheme, each `#rrggbb` and named for what it paints. */
export interface Palette {
  /** Behind the card. */
  readonly background: string
  readonly card: string
  readonly text: string
  /** Text that matters less; still AA on card and background. */
  readonly quiet: string
  /** Lines that only decorate. */
  readonly line: string
  /** The outline of a control, which has to be seen: 3 to 1 on the card. */
  readonly outline: string
  readonly problem: string
  readonly problemBackground: string
  /** The main button: the brand colour as it is. */
  readonly accent: string
  /** Its outline, a shade of the same colour that stands out from the card: 3 to 1. */
  readonly accentOutline: string
  readonly accentHover: string
  readonly onAccent: string
  /** Links and the focus ring, on card and background. */
  readonly link: string
}

type Neutrals = Omit<Palette, 'accent' | 'accentOutline' | 'accentHover' | 'onAccent' | 'link'>

const LIGHT: Neutrals = {
  background: '#f3f4f6',
  card: '#ffffff',
  text: '#15181e',
  quiet: '#555d6b',
  line: '#e1e4e9',
  outline: '#858d9b',
  problem: '#a3211a',
  problemBackground: '#fdf1f0',
}

const DARK: Neutrals = {
  background: '#0d0f13',
  card: '#16191f',
  text: '#edeff3',
  quiet: '#a2aab8',
  line: '#2a2f38',
  outline: '#727b8a',
  problem: '#ffb9b1',
  problemBackground: '#351a18',
}

/** The light and the dark palette for a brand colour; where it would be hard to read, a shade of it stands in. */
export function palettes(brand: string): { readonly light: Palette; readonly dark: Palette } {
  return { light: withBrand(LIGHT, brand), dark: withBrand(DARK, brand) }
}

function withBrand(neutrals: Neutrals, brand: string): Palette {
  const onAccent = textOn(brand)
  return {
    ...neutrals,
    accent: brand,
    accentOutline: readableOn(neutrals.card, brand, 3),
    // Away from the colour of the button's own text, so that pointing at it never makes it harder to read.
    accentHover: mix(brand, onAccent === WHITE ? BLACK : WHITE, 0.12),
    onAccent,
    // On the card and, in the foot of the page, on the background; thin letters get more than AA's 4.5.
    link: readableOn(neutrals.background, readableOn(neutrals.card, brand, 5), 5),
  }
}
