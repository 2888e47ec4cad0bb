import type { LogoutView } from '@xwms/core'
import { accountOf } from './account-of.ts'
import { clientLogo } from './client.ts'
import { form } from './form.ts'
import { type Html, html } from './html.ts'
import { type Frame, foreign, page } from './layout.ts'

/** The page that asks whether somebody really wants to sign out. */
export function logoutPage(frame: Frame, view: LogoutView): string {
  const content = html`${intro(view)}
${accountOf(view.user)}
${form(view, buttons())}`
  return page(frame, view, 'Sign out', content)
}

function intro({ client, applicationName }: LogoutView): Html {
  return html`<div class="intro">
${client && clientLogo(client)}
<h1>Do you want to sign out?</h1>
<p>${client ? html`${foreign(client.name)} asks to sign you out of` : 'This signs you out of'} <strong>${foreign(applicationName)}</strong> in this browser.</p>
</div>`
}

/** Neither button has the focus: an Enter meant for the page before must decide nothing. */
function buttons(): Html {
  return html`<div class="actions choice">
<button class="main" type="submit" id="logout-confirm" name="decision" value="confirm">Sign out</button>
<button type="submit" id="logout-cancel" name="decision" value="cancel">Stay signed in</button>
</div>`
}
