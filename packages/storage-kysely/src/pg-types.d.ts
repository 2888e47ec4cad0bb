/** What pg registers its parsers of text with, before anybody has changed one; pg-types has no types for it. */
declare module 'pg-types/lib/textParsers.js' {
  export function init(register: (type: number, parse: (text: string) => unknown) => void): void
}
