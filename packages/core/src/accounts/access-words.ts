import type { Context } from '../context/context.ts'
import { CLAIM_WORDS } from '../context/tokens/standard-claims.ts'
import type { Approval } from '../model/client.ts'

/** What a user approved beside scopes, each thing in words. */
export function accessBesideScopes(
  context: Context,
  { claims, resources, authorizationDetails }: Approval,
): readonly string[] {
  return [
    ...claims.map(claimWords),
    ...resources.map(identifier => resourceWords(context, identifier)),
    ...authorizationDetails.map(detail => detailWords(context, detail)),
  ]
}

export function scopeWords(context: Context, name: string): string {
  return context.config.scopes[name] ?? name
}

/** A claim that only the host knows is called by its name. */
export function claimWords(name: string): string {
  return Object.hasOwn(CLAIM_WORDS, name) ? (CLAIM_WORDS[name] as string) : `See: ${name}`
}

export function resourceWords(context: Context, identifier: string): string {
  return `Use ${context.resources.find(identifier)?.name ?? identifier}`
}

/** @param detail the JSON of an authorization detail (RFC 9396) */
export function detailWords(context: Context, detail: string): string {
  const parsed = JSON.parse(detail) as Readonly<Record<string, unknown>>
  const types = context.config.oauth.authorizationDetails
  const type = detailType(detail)
  // A host may have taken the type out since.
  return Object.hasOwn(types, type) ? (types[type]?.describe(parsed) ?? type) : type
}

export function detailType(detail: string): string {
  return String((JSON.parse(detail) as Readonly<Record<string, unknown>>).type)
}
