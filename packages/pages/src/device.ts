import type { DeviceView } from '@xwms/core'
import { form } from './form.ts'
import { type Html, html } from './html.ts'
import { type Frame, page, speech } from './layout.ts'
import { problem } from './problem.ts'
import { plain, type Speech } from './texts/language.ts'

/** The page that takes the code of a device. */
export function devicePage(frame: Frame, view: DeviceView): string {
  const said = speech(frame, view)
  const { sentences } = said
  const name = sentences.connectDevice
  const title = view.problem ? plain(sentences.problemTitle, { title: name }) : name
  const content = html`<div class="intro">
<h1>${name}</h1>
<p>${view.userCode === '' || view.problem ? sentences.enterCode : sentences.confirmCode}</p>
</div>
${problem(said, view)}
${form(view, html`${codeField(said, view)}${button(said)}`)}
<p class="detail">${sentences.sentCode}</p>`
  return page(frame, view, title, content)
}

/**
 * A code that came with the address does not get the focus, so that an Enter meant for the page before confirms nothing.
 */
function codeField({ sentences }: Speech, { userCode, problem }: DeviceView): Html {
  const focused = userCode === '' || problem !== undefined
  return html`<div class="field">
<label for="user_code">${sentences.code}</label>
<input class="user-code" id="user_code" name="user_code" type="text" value="${userCode}" autocomplete="off"
  autocapitalize="characters" spellcheck="false" dir="ltr" maxlength="32" required${problem && html` aria-describedby="problem"`}${focused && html` autofocus`}>
</div>
`
}

function button({ sentences }: Speech): Html {
  return html`<div class="actions">
<button class="main" type="submit" id="device-submit" name="decision" value="submit">${sentences.continue}</button>
</div>`
}
