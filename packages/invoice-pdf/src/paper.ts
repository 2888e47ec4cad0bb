/** How text is set. */
export interface TextStyle {
  /** Default: the left margin. */
  readonly x?: number
  /** Default: up to the right margin. */
  readonly width?: number
  /** In points. */
  readonly size: number
  readonly bold?: boolean
  /** Text that matters less. */
  readonly quiet?: boolean
  readonly align?: 'left' | 'right'
}

/** A4 pages that are written from top to bottom. Lengths are in points, 72 to the inch. */
export interface Paper {
  readonly left: number
  readonly right: number
  /** Where the next thing goes. */
  readonly y: number
  text(text: string, style: TextStyle): void
  heightOf(text: string, width: number, size: number, bold?: boolean): number
  widthOf(text: string, size: number): number
  line(from: number, to: number, thickness: number, quiet?: boolean): void
  move(down: number): void
  /** Draws side by side: each begins at the same height, and what follows goes below all of them. */
  beside(...columns: readonly (() => void)[]): void
  /** Begins a new page where less than so much is left; says whether it did. */
  reserve(height: number): boolean
  /** Writes its number at the foot of each page, with a title where there are several. */
  number(title: string): void
}

const MARGIN = 48
const INK = '#15181e'
const QUIET = '#555d6b'
const LINE = '#c8ccd4'

/** What draws on a document. */
export function paper(document: PDFKit.PDFDocument): Paper {
  const left = MARGIN
  const right = document.page.width - MARGIN
  const bottom = document.page.height - MARGIN - 16
  let y = MARGIN

  const set = (size: number, bold = false) => document.font(bold ? 'bold' : 'regular').fontSize(size)

  return {
    left,
    right,
    get y() {
      return y
    },
    text(text, { x = left, width = right - x, size, bold, quiet, align = 'left' }) {
      set(size, bold).fillColor(quiet ? QUIET : INK)
      document.text(text, x, y, { width, align })
      y += document.heightOfString(text, { width })
    },
    heightOf(text, width, size, bold) {
      return set(size, bold).heightOfString(text, { width })
    },
    widthOf(text, size) {
      return set(size).widthOfString(text)
    },
    line(from, to, thickness, quiet = false) {
      document
        .moveTo(from, y)
        .lineTo(to, y)
        .lineWidth(thickness)
        .strokeColor(quiet ? LINE : INK)
        .stroke()
    },
    move(down) {
      y += down
    },
    beside(...columns) {
      const top = y
      let lowest = top
      for (const column of columns) {
        y = top
        column()
        lowest = Math.max(lowest, y)
      }
      y = lowest
    },
    reserve(height) {
      if (y + height <= bottom) return false
      document.addPage()
      y = MARGIN
      return true
    },
    number(title) {
      const { count } = document.bufferedPageRange()
      for (let index = 0; index < count; index++) {
        document.switchToPage(index)
        const foot = count === 1 ? '1 / 1' : `${title} · ${index + 1} / ${count}`
        set(8).fillColor(QUIET)
        document.text(foot, left, document.page.height - MARGIN + 8, {
          width: right - left,
          align: 'right',
          lineBreak: false,
        })
      }
    },
  }
}
