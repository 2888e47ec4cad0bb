import { type Html, html } from './html.ts'
import { type Speech, wordsOf } from './texts/language.ts'

/** What was wrong with the last attempt, where the fields can refer to it. */
export function problem(
  { problems }: Speech,
  {
    problem,
    problemCode,
  }: { readonly problem: string | undefined; readonly problemCode: string | undefined },
): Html | undefined {
  if (!problem) return undefined
  return html`<p class="problem" id="problem" role="alert" dir="auto">${wordsOf(problems, problemCode ?? '', problem)}</p>`
}
