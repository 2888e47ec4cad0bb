// The public names of @xwms/pages.

export { pages } from './pages.ts'
export type { FooterLink, Theme } from './theme.ts'
