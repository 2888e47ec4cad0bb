import type { Context } from '../context/context.ts'
import { HttpError } from '../errors.ts'
import type { Client } from '../model/client.ts'

/** A member of `authorization_details` (RFC 9396 section 2). */
type Detail = Readonly<Record<string, unknown>> & { readonly type: string }

/**
 * The `authorization_details` of a request, as canonical JSON; `undefined` when there are none. Nobody has approved them yet.
 * @throws {HttpError} 400 `invalid_authorization_details` (RFC 9396 section 5)
 */
export function checkedDetails(
  context: Context,
  client: Client,
  asked: string | undefined,
): string | undefined {
  return written(allowedDetails(context, client, asked))
}

/**
 * The same for a client that acts for itself. No user says yes to them, so the operator has to: by types that the client lists, and
 * that it did not list itself in a registration of its own.
 * @throws {HttpError} 400 `invalid_authorization_details`
 */
export function ownDetails(context: Context, client: Client, asked: string | undefined): string | undefined {
  const details = allowedDetails(context, client, asked)
  const listed = client.source === 'managed' ? (client.metadata.authorization_details_types ?? []) : []
  if (!details.every(({ type }) => listed.includes(type)))
    throw invalidDetails(
      'No user approves what a client asks for itself: its authorization_details_types, as the operator set them, must list the type.',
    )
  return written(details)
}

/**
 * Of the details that were granted, those that a token request asks for; all, when it asks for none (RFC 9396 section 6). What
 * was granted once is given once, however often the request names it: two payments are more than one.
 * @throws {HttpError} 400 `invalid_authorization_details`
 */
export function narrowedDetails(asked: string | undefined, granted: string | undefined): string | undefined {
  if (asked === undefined) return granted
  const wanted = parse(asked)
  const left = new Map<string, number>()
  for (const detail of granted === undefined ? [] : parse(granted)) {
    const known = canonical(detail)
    left.set(known, (left.get(known) ?? 0) + 1)
  }
  for (const detail of wanted) {
    const known = canonical(detail)
    const count = left.get(known) ?? 0
    if (count === 0) throw invalidDetails('The authorization does not cover these authorization_details.')
    left.set(known, count - 1)
  }
  return canonical(wanted)
}

/** Those that a client asks for, none of them of a type that it cannot ask for, or unlike its type. */
function allowedDetails(context: Context, client: Client, asked: string | undefined): readonly Detail[] {
  if (asked === undefined) return []
  const types = context.config.oauth.authorizationDetails
  const own = client.metadata.authorization_details_types
  const details = parse(asked)
  for (const detail of details) {
    const type = Object.hasOwn(types, detail.type) ? types[detail.type] : undefined
    if (type === undefined || own?.includes(detail.type) === false) {
      throw invalidDetails('This client cannot ask for authorization details of that type.')
    }
    const problem = type.problem(detail)
    if (problem !== undefined)
      throw invalidDetails(`An authorization detail of type ${detail.type} ${problem}.`)
  }
  return details
}

function parse(text: string): readonly Detail[] {
  let details: unknown
  try {
    details = JSON.parse(text)
    // What is nested too deeply to be written is refused like what cannot be read.
    canonical(details)
  } catch {
    throw invalidDetails('Send authorization_details as JSON.')
  }
  if (!Array.isArray(details) || !details.every(isDetail)) {
    throw invalidDetails('Send authorization_details as an array of objects, each with a type.')
  }
  return details
}

function isDetail(detail: unknown): detail is Detail {
  return typeof detail === 'object' && detail !== null && 'type' in detail && typeof detail.type === 'string'
}

function written(details: readonly Detail[]): string | undefined {
  return details.length === 0 ? undefined : canonical(details)
}

/** JSON in which the same value has one form: members in order of their names. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  )
}

function invalidDetails(message: string): HttpError {
  return new HttpError(400, 'invalid_authorization_details', message)
}
