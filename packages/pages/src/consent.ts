import type { AskedItem, ConsentView } from '@xwms/core'
import { accountOf } from './account-of.ts'
import { clientLogo, clientPolicies } from './client.ts'
import { form } from './form.ts'
import { type Html, html } from './html.ts'
import { type Frame, foreign, hostLink, page } from './layout.ts'
import { localPath, webUrl } from './url.ts'

/** The page that asks whether a client may have what it asks for. */
export function consentPage(frame: Frame, view: ConsentView): string {
  const asked = [...view.scopes, ...view.claims, ...view.resources, ...view.authorizationDetails]
  const asksMore = asked.length > 0
  const content = html`${intro(view, asksMore)}
${userCode(view)}
${accountOf(view.user, switchAccount(view))}
${asksMore ? list(view, asked) : html`<p>It will be told who you are: your name, email address and picture.</p>`}
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

function list(view: ConsentView, asked: readonly AskedItem[]): Html {
  // A list that may scroll has to be reachable with the keyboard, and one that can be reached needs a name.
  return html`<section>
<h2 id="scopes">${foreign(view.client.name)} will be able to</h2>
<div class="scopes" role="region" aria-labelledby="scopes" tabindex="0">
<ul>${asked.map(item)}</ul>
</div>
</section>`
}

function item({ name, description, alreadyApproved }: AskedItem): Html {
  return html`<li>
<span dir="auto">${description || name}</span>
${alreadyApproved && html`<span class="detail">Already allowed</span>`}
</li>`
}

/** Neither button has the focus: an Enter meant for the page before must not approve anything. */
function buttons(): Html {
  return html`<div class="actions choice">
<button class="main" type="submit" id="consent-allow" name="decision" value="allow">Allow</button>
<button type="submit" id="consent-deny" name="decision" value="deny">Deny</button>
</div>`
}
