import { de } from './de.ts'
import { en } from './en.ts'
import { gaps, type Language, type SentenceName, type Speech } from './language.ts'

/** What a host says otherwise, or in a language of its own: then every sentence has to be there. */
export interface Texts {
  readonly sentences?: Partial<Language['sentences']>
  readonly scopes?: Language['scopes']
  readonly claims?: Language['claims']
  readonly problems?: Language['problems']
}

/** By tag (BCP 47), the one that is spoken where nothing else is asked for first. */
export type Languages = ReadonlyMap<string, Language>

const BUILT_IN: Readonly<Record<string, Language>> = {
  // Scopes, claims and problems come in English.
  en: { sentences: en, scopes: {}, claims: {}, problems: {} },
  de,
}

const NAMES = Object.keys(en) as readonly SentenceName[]
const PARTS = ['sentences', 'scopes', 'claims', 'problems'] as const

/** The languages that there are, the host's texts among them. Give it what {@link languageProblems} has nothing against. */
export function languagesWith(texts: Readonly<Record<string, Texts>> = {}): Languages {
  const tags = new Set([...Object.keys(BUILT_IN), ...Object.keys(texts)])
  return new Map([...tags].map(tag => [tag, Object.freeze(merged(BUILT_IN[tag], texts[tag]))]))
}

function merged(known: Language | undefined, given: Texts = {}): Language {
  return {
    // A language of the host's own has been found complete.
    sentences: { ...(known?.sentences ?? en), ...given.sentences },
    scopes: { ...known?.scopes, ...given.scopes },
    claims: { ...known?.claims, ...given.claims },
    problems: { ...known?.problems, ...given.problems },
  }
}

/** How a page speaks whose locale was chosen: in that language, a wider one (RFC 4647 section 3.4), or English. */
export function speechOf(languages: Languages, locale: string): Speech {
  for (let tag = locale; tag !== ''; tag = tag.slice(0, Math.max(0, tag.lastIndexOf('-')))) {
    const language = languages.get(tag)
    if (language !== undefined) return { ...language, lang: locale }
  }
  return { ...(languages.get('en') as Language), lang: 'en' }
}

/** Everything that is wrong with a host's texts, which may come from plain JavaScript. */
export function languageProblems(given: unknown): string[] {
  if (given === undefined) return []
  if (!isObject(given))
    return ['pages: texts must be an object of languages, such as { nl: { sentences: { … } } }']
  return Object.entries(given).flatMap(([tag, texts]) => {
    const at = `pages: texts.${tag}`
    if (!isCanonicalTag(tag)) return [`${at} must be named by a language tag such as nl or pt-BR (BCP 47)`]
    if (!isObject(texts)) return [`${at} must be an object with ${PARTS.join(', ')}`]
    return [
      ...Object.keys(texts)
        .filter(part => !(PARTS as readonly string[]).includes(part))
        .map(part => `${at} has no part "${part}"; it has ${PARTS.join(', ')}`),
      ...sentenceProblems(at, texts.sentences, Object.hasOwn(BUILT_IN, tag)),
      ...PARTS.slice(1).flatMap(part => wordProblems(`${at}.${part}`, texts[part])),
    ]
  })
}

function sentenceProblems(at: string, given: unknown = {}, partial: boolean): string[] {
  const words = wordProblems(`${at}.sentences`, given)
  if (!isObject(given)) return words
  const missing = partial ? [] : NAMES.filter(name => !Object.hasOwn(given, name))
  return [
    ...words,
    ...missing.map(name => `${at}.sentences.${name} is missing; in English it is: ${en[name]}`),
    ...Object.entries(given).flatMap(([name, sentence]) => {
      if (!Object.hasOwn(en, name)) return [`${at}.sentences has no "${name}"; remove it or correct its name`]
      const wanted = gaps(en[name as SentenceName])
      if (typeof sentence !== 'string' || String(gaps(sentence)) === String(wanted)) return []
      const all = wanted.map(gap => `{${gap}}`).join(' and ') || 'nothing in braces'
      return [`${at}.sentences.${name} must have ${all}, each once`]
    }),
  ]
}

function wordProblems(at: string, given: unknown): string[] {
  if (given === undefined) return []
  if (!isObject(given)) return [`${at} must be an object of texts`]
  return Object.entries(given)
    .filter(([, text]) => typeof text !== 'string' || text.trim() === '')
    .map(([name]) => `${at}.${name} must be a text`)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Written as browsers and clients write it, so that it is found. */
function isCanonicalTag(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag)[0] === tag
  } catch {
    return false
  }
}
