import { XwmsApiError } from './errors.ts'

/** `data` of an answer: an object, and nothing more is known of it yet. */
export type Data = Readonly<Record<string, unknown>>

/** Takes out of `data` what a call promises, or `undefined` when it is not there. */
export type Pick<T> = (data: Data) => T | undefined

/**
 * Opens the envelope that every answer of the API comes in.
 *
 * @param body the text of the answer, already read.
 * @throws XwmsApiError for an error, and for anything that is not the promised answer.
 */
export function openEnvelope<T>(response: Response, body: string, pick: Pick<T>): T {
  const envelope = parseObject(body)
  if (!response.ok || envelope?.status === 'error') throw refusal(response, envelope)

  const data = envelope?.status === 'success' ? asObject(envelope.data) : undefined
  const picked = data && pick(data)
  if (picked === undefined) throw invalidResponse(response)
  return picked
}

/** A member of `data` that is a list. */
export function list<T>(name: string): Pick<readonly T[]> {
  return data => (Array.isArray(data[name]) ? (data[name] as readonly T[]) : undefined)
}

/** A member of `data` that is an object. */
export function member<T>(name: string): Pick<T> {
  return data => asObject(data[name]) as T | undefined
}

/** `data` itself, when the members that the caller relies on are texts. */
export function whole<T>(...texts: (keyof T & string)[]): Pick<T> {
  return data =>
    texts.every(name => typeof data[name] === 'string' && data[name] !== '') ? (data as T) : undefined
}

function refusal(response: Response, envelope: Data | undefined): XwmsApiError {
  if (typeof envelope?.message !== 'string') return invalidResponse(response)
  const error = asObject(envelope.error)
  return new XwmsApiError({
    status: response.status,
    code: text(error?.code) ?? 'unknown_error',
    message: envelope.message,
    requestId: text(error?.request_id) ?? requestIdOf(response),
    fields: fieldsOf(error?.fields),
    retryAfterSeconds: retryAfterSecondsOf(response),
  })
}

/** The body stays out of the message: nobody knows what a stranger in between puts there. */
function invalidResponse(response: Response): XwmsApiError {
  const type = response.headers.get('content-type') ?? 'no content type'
  return new XwmsApiError({
    status: response.status,
    code: 'invalid_response',
    message: `This is not an answer of XWMS (HTTP ${response.status}, ${type}); check baseUrl and the proxies on the way`,
    requestId: requestIdOf(response),
    fields: undefined,
    retryAfterSeconds: retryAfterSecondsOf(response),
  })
}

function requestIdOf(response: Response): string | undefined {
  return text(response.headers.get('x-request-id'))
}

/** `Retry-After` is a number of seconds or a date (RFC 9110, section 10.2.3). */
function retryAfterSecondsOf(response: Response): number | undefined {
  const value = response.headers.get('retry-after')?.trim()
  if (!value) return undefined
  if (/^\d+$/.test(value)) return Number(value)
  const at = Date.parse(value)
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - Date.now()) / 1000))
}

function fieldsOf(value: unknown): Record<string, string> | undefined {
  const entries = Object.entries(asObject(value) ?? {}).filter(([, problem]) => typeof problem === 'string')
  return entries.length > 0 ? (Object.fromEntries(entries) as Record<string, string>) : undefined
}

function parseObject(body: string): Data | undefined {
  try {
    return asObject(JSON.parse(body))
  } catch {
    return undefined
  }
}

function asObject(value: unknown): Data | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Data) : undefined
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
