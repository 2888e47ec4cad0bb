// The public names of @xwms/pages.

export { invoicePage } from './invoice.ts'
export { pages } from './pages.ts'
export type { Language } from './texts/language.ts'
export type { Texts } from './texts/languages.ts'
export type { FooterLink, Theme } from './theme.ts'
