// The public names of @xwms/pages.

export { invoicePage } from './invoice.ts'
export { pages } from './pages.ts'
export type { FooterLink, Theme } from './theme.ts'
