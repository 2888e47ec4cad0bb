import { type Html, type HtmlValue, html } from '../html.ts'
import type { en } from './en.ts'

/** The name of a sentence; `texts/en.ts` has them all. */
export type SentenceName = keyof typeof en

/** What the pages say in one language. A sentence that is missing does not compile. */
export interface Language {
  /** The pages' own sentences. What stands in braces is put in, and has to be in every language's. */
  readonly sentences: Readonly<Record<SentenceName, string>>
  /** Scopes, by their names; one that is not here keeps the words of the option `scopes`. */
  readonly scopes: Readonly<Record<string, string>>
  /** Single claims, by their names; one that is not here keeps the kit's words. */
  readonly claims: Readonly<Record<string, string>>
  /** What went wrong, by its code; one that is not here is told in English. */
  readonly problems: Readonly<Record<string, string>>
}

/** A language with its tag. */
export interface Speech extends Language {
  /** BCP 47; what `lang` says, and how dates are written. */
  readonly lang: string
}

/** What has no words in a page's language is told in English, and its element says so (WCAG 2.2, 3.1.2). */
export function english(lang: string): Html | false {
  return !/^en(?:-|$)/.test(lang) && html` lang="en"`
}

const GAP = /\{(\w+)\}/

/** A sentence with what is put into its gaps. */
export function say(sentence: string, values: Readonly<Record<string, HtmlValue>>): Html {
  // Of what is split by a group, every second part is what the group caught.
  return html`${sentence.split(GAP).map((part, index) => (index % 2 === 0 ? part : values[part]))}`
}

/** The same for text that is no markup, such as a title. */
export function plain(sentence: string, values: Readonly<Record<string, string>>): string {
  return sentence.replace(new RegExp(GAP, 'g'), (_, name: string) => values[name] ?? '')
}

/** What is put into a sentence, in the order of the alphabet. */
export function gaps(sentence: string): readonly string[] {
  return [...sentence.matchAll(new RegExp(GAP, 'g'))].map(([, name]) => name as string).sort()
}

/** A language's words for something of a name, or those that came along. */
export function wordsOf(words: Readonly<Record<string, string>>, name: string, otherwise: string): string {
  return (Object.hasOwn(words, name) ? words[name] : undefined) ?? otherwise
}
