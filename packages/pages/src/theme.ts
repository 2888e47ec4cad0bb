import { ConfigurationError } from '@xwms/core'
import { parseColor } from './color.ts'
import { type Languages, languageProblems, languagesWith, type Texts } from './texts/languages.ts'
import { webUrl } from './url.ts'

/** A link in the foot of every page. */
export interface FooterLink {
  readonly text: string
  /** Absolute, http or https. */
  readonly url: string
}

/** How the pages look, and what they say. Everything else about them is fixed, so that they stay readable and safe. */
export interface Theme {
  /**
   * Buttons, links and the focus ring; `#rgb` or `#rrggbb`. The pages shade it where it would be hard to read.
   * Default `#2b5bd7`, a calm blue.
   */
  readonly brandColor?: string
  /** An absolute http or https URL of a picture that stands for the application. Default: its name, written. */
  readonly logoUrl?: string
  /**
   * Sentences of your own, by language: single ones for a language that the pages know (`en`, `de`), all of them for one that they
   * do not. Scopes and claims by their names, problems by their codes.
   */
  readonly texts?: Readonly<Record<string, Texts>>
  /** For an imprint, a privacy policy, a way to get help. Default none. */
  readonly footerLinks?: readonly FooterLink[]
}

/** A theme that has been checked, with its defaults filled in. */
export interface CheckedTheme {
  /** `#rrggbb`. */
  readonly brandColor: string
  readonly logoUrl: string | undefined
  readonly footerLinks: readonly FooterLink[]
  readonly languages: Languages
}

const DEFAULT_BRAND_COLOR = '#2b5bd7'

const OPTIONS: readonly string[] = ['brandColor', 'logoUrl', 'footerLinks', 'texts'] satisfies (keyof Theme)[]

/**
 * Checks a theme, which may come from plain JavaScript, and freezes what it found.
 *
 * @throws ConfigurationError naming every problem at once.
 */
export function checkTheme(theme: Theme): CheckedTheme {
  if (typeof theme !== 'object' || theme === null || Array.isArray(theme))
    throw new ConfigurationError(['pages: the theme must be an object'])
  const problems = [
    ...unknownOptions(theme),
    ...brandColorProblems(theme.brandColor),
    ...logoUrlProblems(theme.logoUrl),
    ...footerLinksProblems(theme.footerLinks),
    ...languageProblems(theme.texts),
  ]
  if (problems.length > 0) throw new ConfigurationError(problems)

  return Object.freeze({
    brandColor: parseColor(theme.brandColor ?? DEFAULT_BRAND_COLOR) ?? DEFAULT_BRAND_COLOR,
    logoUrl: webUrl(theme.logoUrl),
    languages: languagesWith(theme.texts),
    footerLinks: Object.freeze(
      (theme.footerLinks ?? []).map(({ text, url }) => Object.freeze({ text, url })),
    ),
  })
}

function unknownOptions(theme: Theme): string[] {
  return Object.keys(theme)
    .filter(name => !OPTIONS.includes(name))
    .map(name => `pages: the theme has no option "${name}"; it has ${OPTIONS.join(', ')}`)
}

function brandColorProblems(value: unknown): string[] {
  if (value === undefined || (typeof value === 'string' && parseColor(value))) return []
  return ['pages: brandColor must be a colour such as #2b5bd7']
}

function logoUrlProblems(value: unknown): string[] {
  return value === undefined || isWebUrl(value)
    ? []
    : ['pages: logoUrl must be an absolute http or https URL']
}

function footerLinksProblems(value: unknown): string[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) return ['pages: footerLinks must be a list of { text, url }']
  return value.flatMap((link: Partial<FooterLink> | null, index) => {
    const problems: string[] = []
    if (typeof link?.text !== 'string' || link.text.trim() === '') {
      problems.push(`pages: footerLinks[${index}].text must be a text`)
    }
    if (!isWebUrl(link?.url)) {
      problems.push(`pages: footerLinks[${index}].url must be an absolute http or https URL`)
    }
    return problems
  })
}

function isWebUrl(value: unknown): boolean {
  return typeof value === 'string' && webUrl(value) !== undefined
}
