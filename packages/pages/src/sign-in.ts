import type { SignInView } from '@xwms/core'
import { clientLogo, clientPolicies, clientWarning } from './client.ts'
import { form } from './form.ts'
import { type Html, html } from './html.ts'
import { type Frame, foreign, hostLink, page } from './layout.ts'
import { problem } from './problem.ts'
import { webUrl } from './url.ts'

/** The page that asks who somebody is. */
export function signInPage(frame: Frame, view: SignInView): string {
  // An alert that is there from the start is not always read out; a title is.
  const title = view.problem ? 'Problem: Sign in' : 'Sign in'
  const content = html`${intro(view)}
${view.client && clientWarning(view.client)}
${problem(view.problem)}
${form(view, html`${loginField(view)}${passwordField(view)}${buttons(view)}`)}
${view.client && clientPolicies(view.client)}`
  return page(frame, view, title, content)
}

function intro({ client, applicationName }: SignInView): Html {
  if (client === undefined) {
    return html`<div class="intro">
<h1>Sign in</h1>
<p>to continue to <strong>${foreign(applicationName)}</strong></p>
</div>`
  }
  const uri = webUrl(client.uri)
  return html`<div class="intro">
${clientLogo(client)}
<h1>Sign in</h1>
<p>to continue to <strong>${foreign(client.name)}</strong></p>
${uri && html`<p class="host">${hostLink(uri)}</p>`}
</div>`
}

function loginField(view: SignInView): Html {
  const state = fieldState(view, view.login === '')
  return html`<div class="field">
<label for="login">Email</label>
<input id="login" name="login" type="email" value="${view.login}" autocomplete="username" inputmode="email"
  autocapitalize="none" spellcheck="false" dir="auto" required${state}>
</div>
`
}

function passwordField(view: SignInView): Html {
  const state = fieldState(view, view.login !== '')
  return html`<div class="field">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${state}>
</div>
`
}

/**
 * The attributes that depend on how the last attempt went. Both fields carry the problem, because which of the two
 * was wrong is exactly what it does not tell; the first field that is still empty has the focus.
 */
function fieldState(view: SignInView, focused: boolean): Html {
  return html`${view.problem && html` aria-describedby="problem"`}${focused && html` autofocus`}`
}

/** Enter presses the first submit button of a form, so signing in stands before cancelling. */
function buttons({ client }: SignInView): Html {
  return html`<div class="actions">
<button class="main" type="submit" id="login-submit" name="decision" value="submit">Sign in</button>
${client && CANCEL}
</div>`
}

const CANCEL = html`<button type="submit" id="login-cancel" name="decision" value="cancel" formnovalidate>Cancel</button>`
