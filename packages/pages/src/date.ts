import { type Html, html } from './html.ts'

/** A day in the words of the page's language, and exactly for machines. */
export function day(date: Date, locale: string, timezone: string): Html {
  return html`<time datetime="${date.toISOString()}">${formatter(locale, timezone).format(date)}</time>`
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const

/** A span of time in its largest whole unit: 365 days, 1 hour, in the words of a language. */
export function duration(seconds: number, locale: string): string {
  const [unit, size] = UNITS.find(([, size]) => seconds >= size) ?? ['second', 1]
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit,
    unitDisplay: 'long',
    useGrouping: false,
  }).format(Math.floor(seconds / size))
}

/** Core has checked both; a host that calls the pages by itself may not have. */
function formatter(locale: string, timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone })
  } catch {
    return new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: 'UTC' })
  }
}
