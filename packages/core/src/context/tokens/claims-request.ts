import { HttpError } from '../../errors.ts'
import { isJsonObject, parseJson } from '../../lib/json.ts'

/** How one claim is asked for (OpenID Connect Core section 5.5.1). */
export interface ClaimRequest {
  readonly essential: boolean
  /** The one value, or the values by preference, that are wanted; absent where any will do. */
  readonly value: unknown
  readonly values: readonly unknown[] | undefined
}

/** The single claims that are asked for, by where they are to stand. */
export interface ClaimsRequest {
  readonly userinfo: ReadonlyMap<string, ClaimRequest>
  readonly idToken: ReadonlyMap<string, ClaimRequest>
}

/** No claim that anybody knows has another name; unknown ones are ignored (Core section 5.5). */
const CLAIM_NAME = /^[\x21-\x7E]{1,200}$/

const NONE: ClaimsRequest = { userinfo: new Map(), idToken: new Map() }

/**
 * Reads the `claims` parameter (OpenID Connect Core section 5.5). Members that it does not know are ignored.
 * @throws {HttpError} 400 `invalid_request` when it is not what section 5.5 describes
 */
export function parseClaimsRequest(text: string | undefined): ClaimsRequest {
  if (text === undefined) return NONE
  const json = parseJson(text)
  if (!isJsonObject(json)) throw malformed('a JSON object')
  return { userinfo: claimsOf(json.userinfo, 'userinfo'), idToken: claimsOf(json.id_token, 'id_token') }
}

function claimsOf(member: unknown, name: string): ReadonlyMap<string, ClaimRequest> {
  const claims = new Map<string, ClaimRequest>()
  if (member === undefined || member === null) return claims
  if (!isJsonObject(member)) throw malformed(`a JSON object in ${name}`)
  for (const [claim, asked] of Object.entries(member)) {
    if (CLAIM_NAME.test(claim)) claims.set(claim, claimRequest(claim, asked))
  }
  return claims
}

/** `null` asks in the default manner: voluntarily, for any value. */
function claimRequest(claim: string, asked: unknown): ClaimRequest {
  if (asked === null) return { essential: false, value: undefined, values: undefined }
  if (!isJsonObject(asked)) throw malformed(`null or a JSON object for ${claim}`)
  const { essential = false, value, values } = asked
  if (typeof essential !== 'boolean') throw malformed(`true or false as the essential of ${claim}`)
  if (values !== undefined && !Array.isArray(values)) throw malformed(`a list as the values of ${claim}`)
  return { essential, value, values }
}

function malformed(expected: string): HttpError {
  return new HttpError(
    400,
    'invalid_request',
    `The claims parameter must have ${expected} (OpenID Connect Core section 5.5).`,
  )
}
