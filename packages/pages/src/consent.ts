import type { AskedItem, ConsentView } from '@xwms/core'
import { accountOf } from './account-of.ts'
import { clientLogo, clientPolicies, clientWarning } from './client.ts'
import { duration } from './date.ts'
import { form } from './form.ts'
import { type Html, html } from './html.ts'
import { type Frame, foreign, hostLink, page, speech } from './layout.ts'
import { plain, type Speech, say, wordsOf } from './texts/language.ts'
import { localPath, webUrl } from './url.ts'

/** The page that asks whether a client may have what it asks for. */
export function consentPage(frame: Frame, view: ConsentView): string {
  const said = speech(frame, view)
  const { sentences } = said
  const asked = [
    ...view.authorizationDetails.map(item => inWords(item, item.description)),
    ...view.resources.map(item =>
      inWords(item, plain(sentences.useResource, { resource: item.description || item.name })),
    ),
    ...view.scopes.map(item => inWords(item, wordsOf(said.scopes, item.name, item.description))),
    ...view.claims.map(item => inWords(item, wordsOf(said.claims, item.name, item.description))),
  ]
  const asksMore = asked.length > 0
  const content = html`${intro(said, view, asksMore)}
${clientWarning(said, view.client)}
${userCode(said, view)}
${accountOf(view.user, switchAccount(said, view))}
${asksMore ? list(said, view, asked) : html`<p>${sentences.willBeTold}</p>`}
${lasts(said, view)}
${returns(said, view)}
${form(view, buttons(said))}
${clientPolicies(said, view.client)}`
  return page(frame, view, asksMore ? sentences.allowAccess : sentences.continue, content)
}

function intro({ sentences }: Speech, { client }: ConsentView, asksMore: boolean): Html {
  const name = foreign(client.name)
  const uri = webUrl(client.uri)
  return html`<div class="intro">
${clientLogo(client)}
<h1>${say(asksMore ? sentences.allowQuestion : sentences.continueQuestion, { client: name })}</h1>
${uri && html`<p class="host">${hostLink(uri)}</p>`}
</div>`
}

/** Codes that somebody else sent are how people are tricked into giving their account away (RFC 8628 section 5.4). */
function userCode({ sentences }: Speech, { userCode }: ConsentView): Html | undefined {
  if (userCode === undefined) return undefined
  return html`<div class="notice">
<p>${sentences.compareCode}</p>
<p class="user-code" id="user-code">${userCode}</p>
<p>${sentences.compareWarning}</p>
</div>`
}

function lasts({ lang, sentences }: Speech, { lastsSeconds }: ConsentView): Html {
  const words =
    lastsSeconds === undefined
      ? sentences.lasts
      : say(sentences.lastsFor, { time: duration(lastsSeconds, lang) })
  return html`<p class="detail" id="lasts">${words}</p>`
}

/** A device is told by itself; the browser then stays here. */
function returns({ sentences }: Speech, { returnsTo, userCode }: ConsentView): Html | undefined {
  if (userCode !== undefined) return undefined
  return html`<p class="returns">${say(sentences.returnsTo, { host: html`<strong>${foreign(returnsTo)}</strong>` })}</p>`
}

/** So that nobody approves with somebody else's. */
function switchAccount({ sentences }: Speech, { switchAccountUrl }: ConsentView): Html | undefined {
  const url = localPath(switchAccountUrl) ?? webUrl(switchAccountUrl)
  return url === undefined ? undefined : html`<a href="${url}">${sentences.anotherAccount}</a>`
}

/** What is new comes first and is shown whole: nobody allows what stands below the edge of a box. */
function list({ sentences }: Speech, view: ConsentView, asked: readonly AskedItem[]): Html {
  const added = asked.filter(({ alreadyApproved }) => !alreadyApproved)
  const known = asked.filter(({ alreadyApproved }) => alreadyApproved)
  return html`<section>
<h2>${say(sentences.willBeAble, { client: foreign(view.client.name) })}</h2>
${added.length > 0 && html`<ul class="scopes">${added.map(item)}</ul>`}
${
  known.length > 0 &&
  html`<details${added.length === 0 && html` open`}>
<summary>${sentences.alreadyAllowed}</summary>
<ul class="scopes">${known.map(item)}</ul>
</details>`
}
</section>`
}

function item({ name, description }: AskedItem): Html {
  return html`<li><span dir="auto">${description || name}</span></li>`
}

function inWords(item: AskedItem, description: string): AskedItem {
  return { ...item, description }
}

/** Neither button has the focus: an Enter meant for the page before must not approve anything. */
function buttons({ sentences }: Speech): Html {
  return html`<div class="actions choice">
<button class="main" type="submit" id="consent-allow" name="decision" value="allow">${sentences.allow}</button>
<button type="submit" id="consent-deny" name="decision" value="deny">${sentences.deny}</button>
</div>`
}
