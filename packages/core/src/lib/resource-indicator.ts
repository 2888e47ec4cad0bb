import { uriProblem } from './web-url.ts'

/**
 * Why a text is not a resource indicator, in words that follow its name.
 * @returns `undefined` for an absolute URI without a fragment (RFC 8707 section 2)
 */
export function resourceIndicatorProblem(text: string): string | undefined {
  const problem = uriProblem(text)
  if (problem !== undefined) return problem
  if (text.includes('#')) return 'must not have a fragment (RFC 8707 section 2)'
  return /^[a-z][a-z0-9+.-]*:[^\s]/i.test(text) && URL.canParse(text)
    ? undefined
    : 'must be an absolute URI such as https://api.example.com (RFC 8707 section 2)'
}
