import { type Invoice, type PrintedFact, type PrintedInvoice, printedInvoice } from '@xwms/core'
import PDFDocument from 'pdfkit'
import { checkGlyphs, type InvoiceFonts, loadFonts } from './fonts.ts'
import { type Paper, paper } from './paper.ts'
import { drawTable } from './table.ts'

/**
 * An invoice as a PDF document of A4 pages. The same invoice gives the same bytes, whenever and wherever it is made.
 *
 * @throws {InputError} `glyph_missing` when the font cannot write a name on it, `font_unreadable`
 *
 * @example
 * await writeFile('invoice.pdf', await invoicePdf(invoice))
 */
export async function invoicePdf(invoice: Invoice, fonts?: InvoiceFonts): Promise<Uint8Array> {
  const printed = printedInvoice(invoice)
  const { regular, bold } = loadFonts(fonts)
  for (const text of textsOf(printed)) checkGlyphs(regular, text)
  for (const text of [printed.title, printed.seller[0] ?? '', printed.customer[0] ?? ''])
    checkGlyphs(bold, text)

  const document = new PDFDocument({
    size: 'A4',
    margin: 0,
    bufferPages: true,
    lang: printed.locale,
    displayTitle: true,
    pdfVersion: '1.7',
    // The date is the invoice's, not the clock's.
    info: {
      Title: printed.title,
      Author: invoice.seller.name,
      CreationDate: invoice.issuedAt,
      ModDate: invoice.issuedAt,
    },
  })
  document.registerFont('regular', regular.file)
  document.registerFont('bold', bold.file)
  const finished = collect(document)
  draw(paper(document), printed)
  document.end()
  return await finished
}

function textsOf({ seller, customer, facts, rows, columns, totals, notes }: PrintedInvoice): string[] {
  const named = [...facts, ...totals].flatMap(({ label, value }) => [label, value])
  return [...seller, ...customer, ...named, ...columns, ...rows.flat(), ...notes]
}

async function collect(document: PDFKit.PDFDocument): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of document) chunks.push(chunk as Uint8Array)
  return Buffer.concat(chunks)
}

const SPACE = 24
const FACTS_WIDTH = 210
const TOTALS_WIDTH = 210

function draw(page: Paper, printed: PrintedInvoice): void {
  const { left, right } = page
  page.beside(
    () => page.text(printed.title, { size: 17, bold: true, width: (right - left) * 0.6 }),
    () => address(page, printed.seller, right - FACTS_WIDTH, 8.5),
  )
  page.move(SPACE)
  page.beside(
    () => {
      page.text('To', { size: 8.5, quiet: true })
      address(page, printed.customer, left, 10)
    },
    () => facts(page, printed.facts, right - FACTS_WIDTH, FACTS_WIDTH),
  )
  page.move(SPACE)
  drawTable(page, printed.columns, printed.rows)
  page.move(SPACE / 2)
  page.reserve(printed.totals.length * 20)
  facts(page, printed.totals.slice(0, -1), right - TOTALS_WIDTH, TOTALS_WIDTH)
  page.line(right - TOTALS_WIDTH, right, 1.5)
  page.move(6)
  facts(page, printed.totals.slice(-1), right - TOTALS_WIDTH, TOTALS_WIDTH, true)
  for (const note of printed.notes) {
    page.move(SPACE / 2)
    page.reserve(page.heightOf(note, right - left, 8.5))
    page.text(note, { size: 8.5, quiet: true })
  }
  page.number(printed.title)
}

function address(page: Paper, [name = '', ...lines]: readonly string[], x: number, size: number): void {
  const width = page.right - x
  page.text(name, { x, width: Math.min(width, 260), size, bold: true })
  for (const line of lines) page.text(line, { x, width: Math.min(width, 260), size })
}

function facts(page: Paper, list: readonly PrintedFact[], x: number, width: number, bold = false): void {
  for (const { label, value } of list) {
    page.beside(
      () => page.text(label, { x, width: width / 3, size: bold ? 11 : 8.5, quiet: !bold, bold }),
      () =>
        page.text(value, {
          x: x + width / 3,
          width: (width * 2) / 3,
          size: bold ? 11 : 9.5,
          bold,
          align: 'right',
        }),
    )
    page.move(2)
  }
}
