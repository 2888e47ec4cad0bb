import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { InputError } from '@xwms/core'
import { create, type Font } from 'fontkit'

/** TrueType or OpenType files, by their paths, for names in scripts that the fonts of this package do not have. */
export interface InvoiceFonts {
  readonly regular: string
  /** Default: the regular one. */
  readonly bold?: string
}

/** Latin, Greek, Cyrillic, Devanagari and more; the files are large, so only the characters in use go into a document. */
const NOTO_SANS = '@expo-google-fonts/noto-sans'

/** A font's file, and which characters it has. */
export interface LoadedFont {
  readonly file: Buffer
  readonly has: (codePoint: number) => boolean
}

/**
 * Loads the fonts that a document is set in.
 * @throws {InputError} `font_unreadable` for a file that is none
 */
export function loadFonts(given: InvoiceFonts | undefined): {
  readonly regular: LoadedFont
  readonly bold: LoadedFont
} {
  const { regular, bold = regular } = given ?? {
    regular: bundled('400Regular/NotoSans_400Regular.ttf'),
    bold: bundled('700Bold/NotoSans_700Bold.ttf'),
  }
  return { regular: load(regular), bold: load(bold) }
}

/**
 * Refuses text that would come out as empty boxes: an invoice has to name whom it is for.
 * @throws {InputError} `glyph_missing`
 */
export function checkGlyphs(font: LoadedFont, text: string): void {
  for (const character of text) {
    const codePoint = character.codePointAt(0) as number
    if (/\s/.test(character) || font.has(codePoint)) continue
    const name = `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`
    throw new InputError(
      'glyph_missing',
      `The font has no ${name} (${character}), which is in ${JSON.stringify(text)}. Give a font that has it: --font on the command line, the argument fonts of invoicePdf in a program and in the option invoices.pdf.`,
      { font: `has no ${name}` },
    )
  }
}

function bundled(file: string): string {
  return fileURLToPath(import.meta.resolve(`${NOTO_SANS}/${file}`))
}

function load(path: string): LoadedFont {
  try {
    const file = readFileSync(path)
    const font = create(file)
    if (!('hasGlyphForCodePoint' in font)) throw new Error('it is a collection of fonts')
    return { file, has: codePoint => (font as Font).hasGlyphForCodePoint(codePoint) }
  } catch (error) {
    throw new InputError(
      'font_unreadable',
      `${path} is no font that can be used: ${(error as Error).message}.`,
      {
        font: 'must be a TrueType or OpenType file',
      },
    )
  }
}
