import type { SignInView } from '@xwms/core'
import { clientLogo, clientPolicies, clientWarning } from './client.ts'
import { form } from './form.ts'
import { type Html, html } from './html.ts'
import { type Frame, foreign, hostLink, page, speech } from './layout.ts'
import { problem } from './problem.ts'
import { plain, type Speech, say } from './texts/language.ts'
import { webUrl } from './url.ts'

/** The page that asks who somebody is. */
export function signInPage(frame: Frame, view: SignInView): string {
  // An alert that is there from the start is not always read out; a title is.
  const said = speech(frame, view)
  const { signIn, problemTitle } = said.sentences
  const title = view.problem ? plain(problemTitle, { title: signIn }) : signIn
  const content = html`${intro(said, view)}
${view.client && clientWarning(said, view.client)}
${problem(said, view)}
${form(view, html`${loginField(said, view)}${passwordField(said, view)}${buttons(said, view)}`)}
${view.client && clientPolicies(said, view.client)}`
  return page(frame, view, title, content)
}

function intro({ sentences }: Speech, { client, applicationName }: SignInView): Html {
  const name = html`<strong>${foreign(client?.name ?? applicationName)}</strong>`
  if (client === undefined) {
    return html`<div class="intro">
<h1>${sentences.signIn}</h1>
<p>${say(sentences.signInTo, { name })}</p>
</div>`
  }
  const uri = webUrl(client.uri)
  return html`<div class="intro">
${clientLogo(client)}
<h1>${sentences.signIn}</h1>
<p>${say(sentences.signInTo, { name })}</p>
${uri && html`<p class="host">${hostLink(uri)}</p>`}
</div>`
}

function loginField({ sentences }: Speech, view: SignInView): Html {
  const state = fieldState(view, view.login === '')
  return html`<div class="field">
<label for="login">${sentences.email}</label>
<input id="login" name="login" type="email" value="${view.login}" autocomplete="username" inputmode="email"
  autocapitalize="none" spellcheck="false" dir="auto" required${state}>
</div>
`
}

function passwordField({ sentences }: Speech, view: SignInView): Html {
  const state = fieldState(view, view.login !== '')
  return html`<div class="field">
<label for="password">${sentences.password}</label>
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
function buttons({ sentences }: Speech, { client }: SignInView): Html {
  return html`<div class="actions">
<button class="main" type="submit" id="login-submit" name="decision" value="submit">${sentences.signIn}</button>
${client && cancel(sentences.cancel)}
</div>`
}

function cancel(words: string): Html {
  return html`<button type="submit" id="login-cancel" name="decision" value="cancel" formnovalidate>${words}</button>`
}
