/** The ground of every error that the kit throws: a stable `code` beside the message. */
export class XwmsError extends Error {
  /** Stable, snake_case. */
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/** The configuration cannot work. `problems` names every one of them, each with its option and its remedy. */
export class ConfigurationError extends XwmsError {
  readonly problems: readonly string[]

  /** @param what it keeps from working */
  constructor(problems: readonly string[], what = 'XWMS cannot start') {
    super('invalid_configuration', `${what}:\n${problems.map(problem => `  - ${problem}`).join('\n')}`)
    this.problems = problems
  }
}

/** The storage cannot be reached, or its tables are not what this program needs. */
export class StorageUnavailableError extends XwmsError {
  constructor(message: string, options?: ErrorOptions) {
    super('storage_unavailable', message, options)
  }
}

/** A key cannot be opened or used. Whoever asks is told the same as when the storage is away, which it is not. */
export class KeyUnavailableError extends StorageUnavailableError {}

/**
 * Somebody else's server was not called, or gave no answer that can be used. The message says which and why; it is for logs
 * and for the owner of that server, and holds nothing that the server sent.
 */
export class OutboundError extends XwmsError {
  constructor(message: string, options?: ErrorOptions) {
    super('outbound_failed', message, options)
  }
}

/** A person's instruction (a command, a form) that cannot be carried out; the message says why and what would work. */
export class InputError extends XwmsError {
  /** The problem of each field, by the field's name. */
  readonly fields: Readonly<Record<string, string>>

  constructor(code: string, message: string, fields: Readonly<Record<string, string>> = {}) {
    super(code, message)
    this.fields = fields
  }
}

/**
 * A refusal that the caller reads: an HTTP status, a stable code and a sentence on how to mend it.
 * Which body it becomes (XWMS envelope, OAuth error, page) is decided where the endpoint is known.
 */
export class HttpError extends XwmsError {
  readonly status: number
  readonly fields: Readonly<Record<string, string>> | undefined
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    code: string,
    message: string,
    extra: { fields?: Record<string, string>; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(code, message, extra.cause === undefined ? undefined : { cause: extra.cause })
    this.status = status
    this.fields = extra.fields
    this.headers = extra.headers ?? {}
  }
}
