import type { Paper } from './paper.ts'

const SIZE = 8.5
const GAP = 8
const PADDING = 4
/** What the first column has at least, however wide the numbers are. */
const LEAST_TEXT = 110

/**
 * Draws a table over as many pages as it takes, with its head on each. A row is never divided, unless it is longer than a page.
 * @param columns the first one holds text, the others numbers, which are aligned to the right
 */
export function drawTable(
  page: Paper,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): void {
  const { places, size } = placesOf(page, columns, rows)

  const heightOf = (cells: readonly string[]) =>
    Math.max(...cells.map((cell, index) => page.heightOf(cell, (places[index] as Place).width, size)))

  function draw(cells: readonly string[], quiet: boolean): void {
    page.move(PADDING)
    page.beside(
      ...cells.map((cell, index) => () => {
        page.text(cell, { ...(places[index] as Place), size, quiet, align: index === 0 ? 'left' : 'right' })
      }),
    )
    page.move(PADDING)
    page.line(page.left, page.right, quiet ? 0.75 : 0.5, !quiet)
  }

  // A head with nothing under it is none.
  page.reserve(heightOf(columns) + heightOf(rows[0] ?? columns) + 4 * PADDING)
  draw(columns, true)
  for (const row of rows) {
    if (page.reserve(heightOf(row) + 2 * PADDING)) draw(columns, true)
    draw(row, false)
  }
}

interface Place {
  readonly x: number
  readonly width: number
}

/** Numbers get the room that they need, and text what is left; type becomes smaller where that would be too little. */
function placesOf(page: Paper, columns: readonly string[], rows: readonly (readonly string[])[]) {
  const room = page.right - page.left
  for (let size = SIZE; ; size -= 0.5) {
    const widths = columns.map((column, index) =>
      Math.max(...[column, ...rows.map(row => row[index] as string)].map(cell => page.widthOf(cell, size))),
    )
    const numbers = widths.slice(1).map(width => Math.ceil(width) + 1)
    const text = room - numbers.reduce((sum, width) => sum + width + GAP, 0)
    if (text < LEAST_TEXT && size > 5) continue
    const places: Place[] = [{ x: page.left, width: Math.max(text, LEAST_TEXT) }]
    let x = page.left + text
    for (const width of numbers) {
      places.push({ x: x + GAP, width })
      x += GAP + width
    }
    return { places, size }
  }
}
