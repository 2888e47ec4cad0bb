import type { PageClient } from '@xwms/core'
import { type Html, html } from './html.ts'
import { foreign, foreignLink } from './layout.ts'
import { type Speech, say } from './texts/language.ts'
import { hostOf, webUrl } from './url.ts'

/** The client's logo, or the first letter of its name. Decoration: its name is always written beside it. */
export function clientLogo(client: PageClient): Html {
  const logo = webUrl(client.logoUri)
  if (logo) return html`<img class="logo" src="${logo}" alt="" referrerpolicy="no-referrer">`
  return html`<span class="logo monogram" aria-hidden="true" dir="auto">${monogram(client.name)}</span>`
}

/** The first character of a name as a reader counts them: a flag or a letter with its accents is one. */
export function monogram(name: string): string {
  const [first] = new Intl.Segmenter().segment(name.trim())
  return first?.segment.toLocaleUpperCase() ?? ''
}

/** Said of a client that only its own document speaks for; nothing of one whose owner is known. */
export function clientWarning({ sentences }: Speech, { uri, vouchedFor }: PageClient): Html | undefined {
  if (vouchedFor) return undefined
  const own = webUrl(uri)
  const words =
    own === undefined
      ? sentences.uncheckedNowhere
      : say(sentences.unchecked, { host: html`<strong>${foreign(hostOf(own))}</strong>` })
  return html`<p class="notice" id="not-vouched-for">${words}</p>`
}

/** Where the client says what it does with data; nothing when it does not say. */
export function clientPolicies({ sentences }: Speech, client: PageClient): Html | undefined {
  const policy = policyLink(client.policyUri, sentences.privacyPolicy)
  const terms = policyLink(client.tosUri, sentences.termsOfService)
  if (!policy && !terms) return undefined
  const sentence = policy && terms ? sentences.seeBoth : policy ? sentences.seePolicy : sentences.seeTerms
  return html`<p class="policies">
${say(sentence, { policy, terms, client: foreign(client.name) })}
</p>`
}

function policyLink(uri: string | undefined, text: string): Html | undefined {
  const url = webUrl(uri)
  return url === undefined ? undefined : foreignLink(url, text)
}
