import type { FormPostView } from '@xwms/core'
import { type Html, html } from './html.ts'
import { type Frame, foreign, page, speech } from './layout.ts'
import { say } from './texts/language.ts'
import { hostOf, webUrl } from './url.ts'

/**
 * The page that posts an answer to a client. The script sends it at once; the button is for browsers without one.
 *
 * @throws TypeError when the action is no web address
 */
export function formPostPage(frame: Frame, view: FormPostView): string {
  const action = webUrl(view.action)
  if (action === undefined) throw new TypeError('An answer can only be posted to a web address')
  const { sentences } = speech(frame, view)
  const content = html`<div class="intro">
<h1>${say(sentences.returningTo, { host: foreign(hostOf(action)) })}</h1>
<p>${sentences.ifNothingHappens}</p>
</div>
<form method="post" action="${action}" id="form-post">
${Object.entries(view.parameters).map(field)}<div class="actions">
<button class="main" type="submit" id="form-post-continue">${sentences.continue}</button>
</div>
</form>
<script nonce="${view.nonce}">document.getElementById('form-post').submit()</script>`
  return page(frame, view, sentences.continue, content)
}

function field([name, value]: readonly [string, string]): Html {
  return html`<input type="hidden" name="${name}" value="${value}">
`
}
