import { type Html, html } from './html.ts'
import { english, type Speech } from './texts/language.ts'

/** What was wrong with the last attempt, where the fields can refer to it. */
export function problem(
  { lang, problems }: Speech,
  {
    problem,
    problemCode,
  }: { readonly problem: string | undefined; readonly problemCode: string | undefined },
): Html | undefined {
  if (!problem) return undefined
  if (problemCode !== undefined && Object.hasOwn(problems, problemCode)) {
    return html`<p class="problem" id="problem" role="alert" dir="auto">${problems[problemCode]}</p>`
  }
  return html`<p class="problem" id="problem" role="alert" dir="auto"${english(lang)}>${problem}</p>`
}
