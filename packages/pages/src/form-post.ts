import type { FormPostView } from '@xwms/core'
import { type Html, html } from './html.ts'
import { type Frame, foreign, page } from './layout.ts'
import { hostOf, webUrl } from './url.ts'

/**
 * The page that posts an answer to a client. The script sends it at once; the button is for browsers without one.
 *
 * @throws TypeError when the action is no web address
 */
export function formPostPage(frame: Frame, view: FormPostView): string {
  const action = webUrl(view.action)
  if (action === undefined) throw new TypeError('An answer can only be posted to a web address')
  const content = html`<div class="intro">
<h1>Returning to ${foreign(hostOf(action))}</h1>
<p>If nothing happens, choose Continue.</p>
</div>
<form method="post" action="${action}" id="form-post">
${Object.entries(view.parameters).map(field)}<div class="actions">
<button class="main" type="submit" id="form-post-continue">Continue</button>
</div>
</form>
<script nonce="${view.nonce}">document.getElementById('form-post').submit()</script>`
  return page(frame, view, 'Continue', content)
}

function field([name, value]: readonly [string, string]): Html {
  return html`<input type="hidden" name="${name}" value="${value}">
`
}
