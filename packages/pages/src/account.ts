import type { AccountView, PageAccess, PageApplication, PageScope, PageSession } from '@xwms/core'
import { accountOf } from './account-of.ts'
import { browserName } from './browser-name.ts'
import { clientLogo } from './client.ts'
import { day } from './date.ts'
import { form } from './form.ts'
import { type Html, html } from './html.ts'
import { type Frame, foreign, hostLink, page, speech } from './layout.ts'
import { plain, type SentenceName, type Speech, say, wordsOf } from './texts/language.ts'
import { webUrl } from './url.ts'

const NOTICES: Readonly<Record<NonNullable<AccountView['notice']>, SentenceName>> = {
  access_removed: 'accessRemoved',
  scope_removed: 'scopeRemoved',
  signed_out_elsewhere: 'signedOutElsewhere',
}

/** The page on which somebody sees who may use the account, and takes it back. */
export function accountPage(frame: Frame, view: AccountView): string {
  const said = speech(frame, view)
  const { yourAccount } = said.sentences
  const content = html`<h1>${yourAccount}</h1>
${notice(said, view)}
${accountOf(view.user)}
${form(view, html`${applications(said, view)}${sessions(said, view)}`)}`
  return page(frame, view, yourAccount, content)
}

function notice({ sentences }: Speech, { notice }: AccountView): Html | undefined {
  if (notice === undefined) return undefined
  return html`<p class="notice" role="status">${sentences[NOTICES[notice]]}</p>`
}

function applications(said: Speech, view: AccountView): Html {
  const { sentences } = said
  return html`<section class="listed">
<h2>${sentences.applications}</h2>
${view.applications.length === 0 ? html`<p class="detail">${sentences.noApplications}</p>` : html`<ul class="entries">${view.applications.map((entry, index) => application(said, view, entry, index + 1))}</ul>`}
</section>
`
}

function application(
  said: Speech,
  { timezone }: AccountView,
  { clientId, client, scopes, access, since }: PageApplication,
  number: number,
): Html {
  const { lang, sentences } = said
  const uri = webUrl(client.uri)
  return html`<li>
<div class="entry">
${clientLogo(client)}
<div>
<h3 id="application-${number}">${foreign(client.name)}</h3>
${uri && html`<p class="detail">${hostLink(uri)}</p>`}
<p class="detail">${say(sentences.since, { date: day(since, lang, timezone) })}</p>
</div>
</div>
${scopes.length + access.length > 0 && html`<ul class="access">${scopes.map((scope, index) => single(said, clientId, scope, number, index + 1))}${access.map(one => html`<li dir="auto">${accessWords(said, one)}</li>`)}</ul>`}
<button type="submit" id="revoke-${number}" name="revoke" value="${clientId}" aria-describedby="application-${number}">${sentences.removeAccess}</button>
</li>`
}

/** The button says what it removes, and of which application, to whoever does not see where it stands. */
function single(
  { sentences, scopes }: Speech,
  clientId: string,
  { name, description }: PageScope,
  application: number,
  number: number,
): Html {
  const id = `${application}-${number}`
  return html`<li>
<span class="removable"><span id="scope-${id}" dir="auto">${wordsOf(scopes, name, description) || name}</span>
<button class="small" type="submit" id="remove-${id}" name="remove_scope" value="${clientId} ${name}" aria-describedby="scope-${id} application-${application}">${sentences.remove}</button></span>
</li>`
}

function accessWords({ sentences, claims }: Speech, { kind, name, description }: PageAccess): string {
  if (kind === 'claim') return wordsOf(claims, name, description)
  return kind === 'resource' ? plain(sentences.useResource, { resource: description || name }) : description
}

function sessions(said: Speech, view: AccountView): Html {
  const { sentences } = said
  const others = view.sessions.filter(({ current }) => !current)
  return html`<section class="listed">
<h2>${sentences.whereSignedIn}</h2>
<ul class="entries">${view.sessions.map((entry, index) => session(said, view, entry, index + 1))}</ul>
</section>
<div class="actions">
${others.length > 1 && html`<button type="submit" id="end-others" name="decision" value="end_others">${sentences.signOutElsewhere}</button>`}
<button type="submit" id="sign-out" name="decision" value="sign_out">${sentences.signOut}</button>
</div>`
}

function session(said: Speech, { timezone }: AccountView, entry: PageSession, number: number): Html {
  const { lang, sentences } = said
  const { sid, current, since, ip, userAgent } = entry
  return html`<li>
<div>
<h3 id="session-${number}">${browserName(said, userAgent)}</h3>
<p class="detail">${current && html`<strong>${sentences.thisBrowser}</strong> · `}<span dir="ltr">${ip}</span></p>
<p class="detail">${say(sentences.since, { date: day(since, lang, timezone) })}</p>
</div>
${!current && html`<button type="submit" id="end-session-${number}" name="end_session" value="${sid}" aria-describedby="session-${number}">${sentences.signOutThere}</button>`}
</li>`
}
