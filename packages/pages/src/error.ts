import type { ErrorView } from '@xwms/core'
import { html } from './html.ts'
import { type Frame, page } from './layout.ts'

/** The page for everything that cannot go on: what happened, what to do, and what to quote when asking for help. */
export function errorPage(frame: Frame, view: ErrorView): string {
  const title = titleOf(view.status)
  return page(
    frame,
    view,
    title,
    html`<h1>${title}</h1>
<p dir="auto">${view.message}</p>
<dl>
<div><dt>Code</dt><dd><code dir="auto">${view.code}</code></dd></div>
<div><dt>Request</dt><dd><code dir="auto">${view.requestId}</code></dd></div>
</dl>`,
  )
}

function titleOf(status: number): string {
  if (status === 404) return 'This page does not exist'
  if (status === 429) return 'Too many attempts'
  return status >= 500 ? 'Something went wrong' : 'This cannot continue'
}
