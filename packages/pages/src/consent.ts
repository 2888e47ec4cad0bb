import type { AskedItem, ConsentView } from '@xwms/core'
import { accountOf } from './account-of.ts'
import { clientLogo, clientPolicies, clientWarning } from './client.ts'
import { duration } from './date.ts'
import { form } from './form.ts'
import { type Html, html } from './html.ts'
import { type Frame, foreign, hostLink, page } from './layout.ts'
import { localPath, webUrl } from './url.ts'

/** The page that asks whether a client may have what it asks for. */
export function consentPage(frame: Frame, view: ConsentView): string {
  const asked = [...view.authorizationDetails, ...view.resources, ...view.scopes, ...view.claims]
  const asksMore = asked.length > 0
  const content = html`${intro(view, asksMore)}
${clientWarning(view.client)}
${userCode(view)}
${accountOf(view.user, switchAccount(view))}
${asksMore ? list(view, asked) : html`<p>It will be told who you are: your name, email address and picture.</p>`}
${lasts(view)}
${returns(view)}
${form(view, buttons())}
${clientPolicies(view.client)}`
  return page(frame, view, asksMore ? 'Allow access' : 'Continue', content)
}

function intro({ client }: ConsentView, asksMore: boolean): Html {
  const name = foreign(client.name)
  const uri = webUrl(client.uri)
  return html`<div class="intro">
${clientLogo(client)}
<h1>${asksMore ? html`Allow ${name} to use your account?` : html`Continue to ${name}?`}</h1>
${uri && html`<p class="host">${hostLink(uri)}</p>`}
</div>`
}

/** Codes that somebody else sent are how people are tricked into giving their account away (RFC 8628 section 5.4). */
function userCode({ userCode }: ConsentView): Html | undefined {
  if (userCode === undefined) return undefined
  return html`<div class="notice">
<p>Compare this code with the one on the device:</p>
<p class="user-code" id="user-code">${userCode}</p>
<p>If somebody sent you the code, or it is not the same, choose Deny: they would use your account.</p>
</div>`
}

function lasts({ lastsSeconds }: ConsentView): Html {
  const time = lastsSeconds !== undefined && html`for up to ${duration(lastsSeconds)} after you sign in, or `
  return html`<p class="detail" id="lasts">This lasts ${time}until you remove it on your account page.</p>`
}

/** A device is told by itself; the browser then stays here. */
function returns({ returnsTo, userCode }: ConsentView): Html | undefined {
  if (userCode !== undefined) return undefined
  return html`<p class="returns">Your browser then returns to <strong>${foreign(returnsTo)}</strong>.</p>`
}

/** So that nobody approves with somebody else's. */
function switchAccount({ switchAccountUrl }: ConsentView): Html | undefined {
  const url = localPath(switchAccountUrl) ?? webUrl(switchAccountUrl)
  return url === undefined ? undefined : html`<a href="${url}">Use another account</a>`
}

/** What is new comes first and is shown whole: nobody allows what stands below the edge of a box. */
function list(view: ConsentView, asked: readonly AskedItem[]): Html {
  const added = asked.filter(({ alreadyApproved }) => !alreadyApproved)
  const known = asked.filter(({ alreadyApproved }) => alreadyApproved)
  return html`<section>
<h2>${foreign(view.client.name)} will be able to</h2>
${added.length > 0 && html`<ul class="scopes">${added.map(item)}</ul>`}
${
  known.length > 0 &&
  html`<details${added.length === 0 && html` open`}>
<summary>Already allowed</summary>
<ul class="scopes">${known.map(item)}</ul>
</details>`
}
</section>`
}

function item({ name, description }: AskedItem): Html {
  return html`<li><span dir="auto">${description || name}</span></li>`
}

/** Neither button has the focus: an Enter meant for the page before must not approve anything. */
function buttons(): Html {
  return html`<div class="actions choice">
<button class="main" type="submit" id="consent-allow" name="decision" value="allow">Allow</button>
<button type="submit" id="consent-deny" name="decision" value="deny">Deny</button>
</div>`
}
