import type { PageBase } from '@xwms/core'
import { type Html, html } from './html.ts'
import type { Speech } from './texts/language.ts'
import { type Languages, speechOf } from './texts/languages.ts'
import type { CheckedTheme } from './theme.ts'
import { hostOf, webUrl } from './url.ts'

/** What is the same on every page of one `pages()`: made once, not for every request. */
export interface Frame {
  readonly theme: CheckedTheme
  readonly styles: Html
  readonly languages: Languages
}

/** What a page says in the language that was chosen for it. */
export function speech({ languages }: Frame, { locale }: Pick<PageBase, 'locale'>): Speech {
  return speechOf(languages, locale)
}

/**
 * One whole document around the content of a page.
 *
 * There is no script but that of the form post, and no `style` attribute. Referrers are
 * left to the response's headers: `no-referrer` in the document would make browsers send `Origin: null` with the
 * form, and the same-origin check would refuse it.
 */
export function page(frame: Frame, base: PageBase, title: string, content: Html): string {
  return html`<!doctype html>
<html lang="${speech(frame, base).lang}">
<head>
<meta charset="utf-8">
<title>${title} · ${base.applicationName}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<style nonce="${base.nonce}">${frame.styles}</style>
</head>
<body>
<header class="brand">${brand(frame.theme, base.applicationName)}</header>
<main class="card">
${content}
</main>
${footer(frame.theme)}
</body>
</html>
`.toString()
}

/** A link to a foreign site: a new tab, which learns neither who opened it nor from where. */
export function foreignLink(url: string, text: string): Html {
  return html`<a href="${url}" target="_blank" rel="noopener noreferrer" dir="auto">${text}</a>`
}

/** A link to a foreign site that shows no more than where it leads. */
export function hostLink(url: string): Html {
  return foreignLink(url, hostOf(url))
}

/** Words that somebody else wrote, kept from turning the sentence around them when they run right to left. */
export function foreign(text: string): Html {
  return html`<bdi dir="auto">${text}</bdi>`
}

function brand(theme: CheckedTheme, applicationName: string): Html {
  if (theme.logoUrl === undefined) return html`<span dir="auto">${applicationName}</span>`
  return html`<img src="${theme.logoUrl}" alt="${applicationName}" referrerpolicy="no-referrer">`
}

function footer(theme: CheckedTheme): Html | undefined {
  if (theme.footerLinks.length === 0) return undefined
  const links = theme.footerLinks.map(({ text, url }) => {
    const target = webUrl(url)
    return target && html`<li>${foreignLink(target, text)}</li>`
  })
  return html`<footer><ul>${links}</ul></footer>`
}
