import type { Interaction } from '../../model/authorization.ts'
import type { Approval } from '../../model/client.ts'
import type { Context } from '../context.ts'
import { parseClaimsRequest } from '../tokens/claims-request.ts'
import { CLAIM_WORDS, SCOPE_CLAIMS, SIGN_IN_CLAIMS } from '../tokens/standard-claims.ts'

/** All that an interaction asks its user for. */
export function askedBy(
  context: Context,
  { scopes, parameters }: Pick<Interaction, 'scopes' | 'parameters'>,
): Approval {
  const { claims, resource, authorization_details } = parameters
  return {
    scopes,
    claims: claims === undefined ? [] : singleClaims(context, scopes, claims),
    resources: resource?.split(' ') ?? [],
    authorizationDetails: authorization_details === undefined ? [] : singleDetails(authorization_details),
  }
}

/** Whether everything that is asked for was approved, but for authorization details: those are asked for each time. */
export function covers(approval: Approval, asked: Approval): boolean {
  return (
    isWithin(asked.scopes, approval.scopes) &&
    isWithin(asked.claims, approval.claims) &&
    isWithin(asked.resources, approval.resources)
  )
}

/** The claims that the `claims` parameter asks for beyond those of the scopes, as far as there can be any. */
function singleClaims(context: Context, scopes: readonly string[], text: string): readonly string[] {
  const { userinfo, idToken } = parseClaimsRequest(text)
  const brought = new Set(scopes.flatMap(scope => SCOPE_CLAIMS[scope] ?? []))
  const names = new Set([...userinfo.keys(), ...idToken.keys()])
  // What only the host can know is asked for by name, whether it has any of this user or will have it later.
  const known = (name: string) => Object.hasOwn(CLAIM_WORDS, name) || context.accounts.claims !== undefined
  return [...names].filter(name => !SIGN_IN_CLAIMS.has(name) && !brought.has(name) && known(name))
}

/** Each detail as its own canonical JSON; the order of members was set when the request was checked. */
function singleDetails(text: string): readonly string[] {
  return (JSON.parse(text) as readonly unknown[]).map(detail => JSON.stringify(detail))
}

function isWithin(some: readonly string[], all: readonly string[]): boolean {
  return some.every(one => all.includes(one))
}
