import type { AccountView, PageApplication, PageScope, PageSession } from '@xwms/core'
import { accountOf } from './account-of.ts'
import { browserName } from './browser-name.ts'
import { clientLogo } from './client.ts'
import { day } from './date.ts'
import { form } from './form.ts'
import { type Html, html } from './html.ts'
import { type Frame, foreign, hostLink, page } from './layout.ts'
import { webUrl } from './url.ts'

const NOTICES: Readonly<Record<NonNullable<AccountView['notice']>, string>> = {
  access_removed: 'The access is removed.',
  scope_removed: 'The application cannot do that any more. It has to ask you anew.',
  signed_out_elsewhere: 'Signed out there.',
}

/** The page on which somebody sees who may use the account, and takes it back. */
export function accountPage(frame: Frame, view: AccountView): string {
  const content = html`<h1>Your account</h1>
${notice(view)}
${accountOf(view.user)}
${form(view, html`${applications(view)}${sessions(view)}`)}`
  return page(frame, view, 'Your account', content)
}

function notice({ notice }: AccountView): Html | undefined {
  if (notice === undefined) return undefined
  return html`<p class="notice" role="status">${NOTICES[notice]}</p>`
}

function applications(view: AccountView): Html {
  return html`<section class="listed">
<h2>Applications with access</h2>
${view.applications.length === 0 ? html`<p class="detail">No application may use your account.</p>` : html`<ul class="entries">${view.applications.map((entry, index) => application(view, entry, index + 1))}</ul>`}
</section>
`
}

function application(
  { locale, timezone }: AccountView,
  { clientId, client, scopes, access, since }: PageApplication,
  number: number,
): Html {
  const uri = webUrl(client.uri)
  return html`<li>
<div class="entry">
${clientLogo(client)}
<div>
<h3 id="application-${number}">${foreign(client.name)}</h3>
${uri && html`<p class="detail">${hostLink(uri)}</p>`}
<p class="detail">Since ${day(since, locale, timezone)}</p>
</div>
</div>
${scopes.length + access.length > 0 && html`<ul class="access">${scopes.map((scope, index) => single(clientId, scope, number, index + 1))}${access.map(words => html`<li dir="auto">${words}</li>`)}</ul>`}
<button type="submit" id="revoke-${number}" name="revoke" value="${clientId}" aria-describedby="application-${number}">Remove access</button>
</li>`
}

/** The button says what it removes, and of which application, to whoever does not see where it stands. */
function single(
  clientId: string,
  { name, description }: PageScope,
  application: number,
  number: number,
): Html {
  const id = `${application}-${number}`
  return html`<li>
<span class="removable"><span id="scope-${id}" dir="auto">${description || name}</span>
<button class="small" type="submit" id="remove-${id}" name="remove_scope" value="${clientId} ${name}" aria-describedby="scope-${id} application-${application}">Remove</button></span>
</li>`
}

function sessions(view: AccountView): Html {
  const others = view.sessions.filter(({ current }) => !current)
  return html`<section class="listed">
<h2>Where you are signed in</h2>
<ul class="entries">${view.sessions.map((entry, index) => session(view, entry, index + 1))}</ul>
</section>
<div class="actions">
${others.length > 1 && html`<button type="submit" id="end-others" name="decision" value="end_others">Sign out everywhere else</button>`}
<button type="submit" id="sign-out" name="decision" value="sign_out">Sign out</button>
</div>`
}

function session({ locale, timezone }: AccountView, entry: PageSession, number: number): Html {
  const { sid, current, since, ip, userAgent } = entry
  return html`<li>
<div>
<h3 id="session-${number}">${browserName(userAgent)}</h3>
<p class="detail">${current && html`<strong>This browser</strong> · `}<span dir="ltr">${ip}</span></p>
<p class="detail">Since ${day(since, locale, timezone)}</p>
</div>
${!current && html`<button type="submit" id="end-session-${number}" name="end_session" value="${sid}" aria-describedby="session-${number}">Sign out there</button>`}
</li>`
}
