import type { ErrorView } from '@xwms/core'
import { type Html, html } from './html.ts'
import { type Frame, foreign, page, speech } from './layout.ts'
import { english, type Speech, say } from './texts/language.ts'
import { hostOf, webUrl } from './url.ts'

/** The page for everything that cannot go on: what happened, what to do, and what to quote when asking for help. */
export function errorPage(frame: Frame, view: ErrorView): string {
  const said = speech(frame, view)
  const { sentences } = said
  const title = titleOf(said, view.status)
  return page(
    frame,
    view,
    title,
    html`<h1>${title}</h1>
${message(said, view)}
${returnLink(said, view.returnTo)}
<dl>
<div><dt>${sentences.errorCode}</dt><dd><code dir="auto">${view.code}</code></dd></div>
<div><dt>${sentences.errorRequest}</dt><dd><code dir="auto">${view.requestId}</code></dd></div>
</dl>`,
  )
}

function message({ lang, problems }: Speech, { code, message }: ErrorView): Html {
  if (Object.hasOwn(problems, code)) return html`<p>${problems[code]}</p>`
  return html`<p dir="auto"${english(lang)}>${message}</p>`
}

/** Into the same tab, where the application waits; it does not learn from where. */
function returnLink({ sentences }: Speech, returnTo: string | undefined): Html | undefined {
  const url = webUrl(returnTo)
  if (url === undefined) return undefined
  return html`<p>${sentences.uncheckedReturn}
<a href="${url}" rel="noreferrer" id="error-return">${say(sentences.returnTo, { host: foreign(hostOf(url)) })}</a></p>`
}

function titleOf({ sentences }: Speech, status: number): string {
  if (status === 404) return sentences.notFound
  if (status === 429) return sentences.tooManyAttempts
  return status >= 500 ? sentences.wentWrong : sentences.cannotContinue
}
