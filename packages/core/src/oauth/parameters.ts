import { HttpError } from '../errors.ts'

/** The parameters of an OAuth request, each given once; an empty one counts as absent (RFC 6749 section 3.1). */
export type Parameters = Readonly<Record<string, string | undefined>>

/**
 * Reads the parameters of a query or a form. Unknown ones stay in; nobody asks for them.
 * @throws {HttpError} `invalid_request` when one is repeated (RFC 6749 section 3.1) or holds U+0000
 */
export function readParameters(source: URLSearchParams): Parameters {
  const parameters: Record<string, string> = Object.create(null)
  const repeated = new Set<string>()
  source.forEach((value, name) => {
    if (value === '') return
    // No parameter's syntax has U+0000 (RFC 6749 appendix A), and PostgreSQL cannot keep it.
    if (value.includes('\0')) throw invalidRequest('Send no NUL characters.')
    if (name in parameters && !REPEATABLE.has(name)) repeated.add(name)
    parameters[name] = value
  })
  if (repeated.size > 0) throw invalidRequest(`Send ${[...repeated].join(', ').slice(0, 200)} once only.`)
  return parameters
}

/** RFC 8707 section 2 and RFC 8693 section 2.1 allow several of these. */
const REPEATABLE: ReadonlySet<string> = new Set(['resource', 'audience'])

export function invalidRequest(message: string): HttpError {
  return new HttpError(400, 'invalid_request', message)
}
