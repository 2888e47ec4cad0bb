import { type Html, html } from './html.ts'

/** A day in the words of the page's language, and exactly for machines. */
export function day(date: Date, locale: string, timezone: string): Html {
  return html`<time datetime="${date.toISOString()}">${formatter(locale, timezone).format(date)}</time>`
}

/** Core has checked both; a host that calls the pages by itself may not have. */
function formatter(locale: string, timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone })
  } catch {
    return new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: 'UTC' })
  }
}
