import { type Html, html } from './html.ts'

/** What was wrong with the last attempt, where the fields can refer to it. */
export function problem(sentence: string | undefined): Html | undefined {
  if (!sentence) return undefined
  return html`<p class="problem" id="problem" role="alert" dir="auto">${sentence}</p>`
}
