/** What was wrong with what a form sent: by a name of its own, and in words for the person. A refusal (`HttpError`) is one. */
export interface PageProblem {
  readonly code: string
  readonly message: string
}
