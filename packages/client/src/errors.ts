/** The ground of every error this package throws: a stable `code` beside the message. No error holds the secret. */
export class XwmsError extends Error {
  /** Stable, snake_case; made to be compared. */
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/** The options of a client cannot work. `problems` names every one of them. */
export class XwmsOptionsError extends XwmsError {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(
      'invalid_options',
      `The XWMS client cannot be made:\n${problems.map(problem => `  - ${problem}`).join('\n')}`,
    )
    this.problems = problems
  }
}

/** What XWMS said about a call it did not carry out. */
export interface Refusal {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly requestId: string | undefined
  readonly fields: Readonly<Record<string, string>> | undefined
  readonly retryAfterSeconds: number | undefined
}

/**
 * XWMS answered, and not with success. `message` tells a person what to do; `code` is that of the answer, such as
 * `invalid_credentials`, `scope_not_granted` or `rate_limited`, or one of these:
 *
 * - `unknown_error`: an error that names no code.
 * - `invalid_response`: not an answer of XWMS, as when a proxy in between sends a page of its own.
 * - `unexpected_redirect`: the answer is elsewhere. It is not followed, so that the secret goes to nobody else.
 */
export class XwmsApiError extends XwmsError {
  /** The HTTP status. */
  readonly status: number
  /** Names the request when asking for help; absent when the answer came from something in between. */
  readonly requestId: string | undefined
  /** The problem of each field, by its name, when the input was not valid. */
  readonly fields: Readonly<Record<string, string>> | undefined
  /** How long to wait before the next try, when XWMS said so. */
  readonly retryAfterSeconds: number | undefined

  constructor(refusal: Refusal) {
    super(refusal.code, refusal.message)
    this.status = refusal.status
    this.requestId = refusal.requestId
    this.fields = refusal.fields
    this.retryAfterSeconds = refusal.retryAfterSeconds
  }
}

/**
 * No answer, or only a part of one: `timeout` when the time was up, `network` for everything else, with the reason
 * as `cause`. XWMS may have carried the call out all the same.
 */
export class XwmsConnectionError extends XwmsError {
  declare readonly code: 'timeout' | 'network'

  // Only narrows what the code may be.
  constructor(code: 'timeout' | 'network', message: string, options?: ErrorOptions) {
    super(code, message, options)
  }
}
