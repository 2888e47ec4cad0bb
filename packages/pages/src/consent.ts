import type { ConsentView } from '@xwms/core'
import { clientLogo, clientPolicies, monogram } from './client.ts'
import { form } from './form.ts'
import { type Html, html } from './html.ts'
import { type Frame, foreign, hostLink, page } from './layout.ts'
import { localPath, webUrl } from './url.ts'

type Scope = ConsentView['scopes'][number]

/** The page that asks whether a client may have what it asks for. */
export function consentPage(frame: Frame, view: ConsentView): string {
  const asksMore = view.scopes.length > 0
  const content = html`${intro(view, asksMore)}
${account(view)}
${asksMore ? scopes(view) : html`<p>It will be told who you are: your name, email address and picture.</p>`}
<p class="returns">Your browser then returns to <strong>${foreign(view.returnsTo)}</strong>.</p>
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

/** Whose account it is, so that nobody approves with somebody else's. */
function account({ user, switchAccountUrl }: ConsentView): Html {
  const switchTo = localPath(switchAccountUrl) ?? webUrl(switchAccountUrl)
  return html`<div class="account">
${portrait(user)}
<p>
<span class="name" dir="auto">${user.name}</span>
<span class="email" dir="auto">${user.email}</span>
${switchTo && html`<a href="${switchTo}">Use another account</a>`}
</p>
</div>`
}

function portrait({ name, email, picture }: ConsentView['user']): Html {
  const url = webUrl(picture)
  if (url) return html`<img class="portrait" src="${url}" alt="" referrerpolicy="no-referrer">`
  return html`<span class="portrait monogram" aria-hidden="true" dir="auto">${monogram(name || email)}</span>`
}

function scopes(view: ConsentView): Html {
  // A list that may scroll has to be reachable with the keyboard, and one that can be reached needs a name.
  return html`<section>
<h2 id="scopes">${foreign(view.client.name)} will be able to</h2>
<div class="scopes" role="region" aria-labelledby="scopes" tabindex="0">
<ul>${view.scopes.map(scope)}</ul>
</div>
</section>`
}

function scope({ name, description, alreadyApproved }: Scope): Html {
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
