import type { ErrorView } from '@xwms/core'
import { type Html, html } from './html.ts'
import { type Frame, foreign, page } from './layout.ts'
import { hostOf, webUrl } from './url.ts'

/** The page for everything that cannot go on: what happened, what to do, and what to quote when asking for help. */
export function errorPage(frame: Frame, view: ErrorView): string {
  const title = titleOf(view.status)
  return page(
    frame,
    view,
    title,
    html`<h1>${title}</h1>
<p dir="auto">${view.message}</p>
${returnLink(view.returnTo)}
<dl>
<div><dt>Code</dt><dd><code dir="auto">${view.code}</code></dd></div>
<div><dt>Request</dt><dd><code dir="auto">${view.requestId}</code></dd></div>
</dl>`,
  )
}

/** Into the same tab, where the application waits; it does not learn from where. */
function returnLink(returnTo: string | undefined): Html | undefined {
  const url = webUrl(returnTo)
  if (url === undefined) return undefined
  return html`<p>An application that nobody here has checked sent you. Only if you came from there yourself:
<a href="${url}" rel="noreferrer" id="error-return">Return to ${foreign(hostOf(url))}</a></p>`
}

function titleOf(status: number): string {
  if (status === 404) return 'This page does not exist'
  if (status === 429) return 'Too many attempts'
  return status >= 500 ? 'Something went wrong' : 'This cannot continue'
}
