import type { PageForm } from '@xwms/core'
import { type Html, html } from './html.ts'
import { localPath } from './url.ts'

/**
 * The form of a page, with the hidden fields that go back unchanged.
 *
 * @throws TypeError when the action is not a path on this site: passwords and approvals are posted nowhere else.
 */
export function form(view: PageForm, content: Html): Html {
  const action = localPath(view.action)
  if (action === undefined) throw new TypeError('A form can only be posted to a path on this site')
  return html`<form method="post" action="${action}">
${interactionField(view)}<input type="hidden" name="csrf_token" value="${view.csrfToken}">
${content}
</form>`
}

function interactionField({ interaction }: PageForm): Html | undefined {
  if (interaction === undefined) return undefined
  return html`<input type="hidden" name="interaction" value="${interaction}">
`
}
