import type { DeviceView } from '@xwms/core'
import { form } from './form.ts'
import { type Html, html } from './html.ts'
import { type Frame, page } from './layout.ts'
import { problem } from './problem.ts'

/** The page that takes the code of a device. */
export function devicePage(frame: Frame, view: DeviceView): string {
  const title = view.problem ? 'Problem: Connect a device' : 'Connect a device'
  const content = html`<div class="intro">
<h1>Connect a device</h1>
<p>${view.userCode === '' ? 'Enter the code that your device shows.' : 'Is this the code that your device shows?'}</p>
</div>
${problem(view.problem)}
${form(view, html`${codeField(view)}${button()}`)}
<p class="detail">Did somebody send you this code? Then close this page: it would let them use your account.</p>`
  return page(frame, view, title, content)
}

/**
 * A code that came with the address does not get the focus, so that an Enter meant for the page before confirms nothing.
 */
function codeField({ userCode, problem }: DeviceView): Html {
  const focused = userCode === '' || problem !== undefined
  return html`<div class="field">
<label for="user_code">Code</label>
<input class="user-code" id="user_code" name="user_code" type="text" value="${userCode}" autocomplete="off"
  autocapitalize="characters" spellcheck="false" dir="ltr" maxlength="32" required${problem && html` aria-describedby="problem"`}${focused && html` autofocus`}>
</div>
`
}

function button(): Html {
  return html`<div class="actions">
<button class="main" type="submit" id="device-submit" name="decision" value="submit">Continue</button>
</div>`
}
