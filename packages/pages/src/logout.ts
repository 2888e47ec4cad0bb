import type { LogoutView } from '@xwms/core'
import { accountOf } from './account-of.ts'
import { clientLogo } from './client.ts'
import { form } from './form.ts'
import { type Html, html } from './html.ts'
import { type Frame, foreign, page, speech } from './layout.ts'
import { type Speech, say } from './texts/language.ts'

/** The page that asks whether somebody really wants to sign out. */
export function logoutPage(frame: Frame, view: LogoutView): string {
  const said = speech(frame, view)
  const content = html`${intro(said, view)}
${accountOf(view.user)}
${form(view, buttons(said))}`
  return page(frame, view, said.sentences.signOut, content)
}

function intro({ sentences }: Speech, { client, applicationName }: LogoutView): Html {
  const application = html`<strong>${foreign(applicationName)}</strong>`
  return html`<div class="intro">
${client && clientLogo(client)}
<h1>${sentences.signOutQuestion}</h1>
<p>${client ? say(sentences.clientSignsOut, { client: foreign(client.name), application }) : say(sentences.signsOut, { application })}</p>
</div>`
}

/** Neither button has the focus: an Enter meant for the page before must decide nothing. */
function buttons({ sentences }: Speech): Html {
  return html`<div class="actions choice">
<button class="main" type="submit" id="logout-confirm" name="decision" value="confirm">${sentences.signOut}</button>
<button type="submit" id="logout-cancel" name="decision" value="cancel">${sentences.staySignedIn}</button>
</div>`
}
