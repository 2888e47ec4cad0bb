// The public names of @xwms/invoice-pdf.

export type { InvoiceFonts } from './fonts.ts'
export { invoicePdf } from './invoice-pdf.ts'
