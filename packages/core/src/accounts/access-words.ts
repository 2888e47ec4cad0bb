import type { Context } from '../context/context.ts'
import { CLAIM_WORDS } from '../context/tokens/standard-claims.ts'
import type { Approval } from '../model/client.ts'
import type { PageAccess } from '../model/page.ts'

/** What a user approved beside scopes. */
export function accessBesideScopes(
  context: Context,
  { claims, resources, authorizationDetails }: Approval,
  locale: string,
): readonly PageAccess[] {
  return [
    ...claims.map(name => ({ kind: 'claim' as const, name, description: claimWords(name) })),
    ...resources.map(name => ({ kind: 'resource' as const, name, description: resourceName(context, name) })),
    ...authorizationDetails.map(detail => ({
      kind: 'detail' as const,
      name: detailType(detail),
      description: detailWords(context, detail, locale),
    })),
  ]
}

export function scopeWords(context: Context, name: string): string {
  return context.config.scopes[name] ?? name
}

/** A claim that only the host knows is called by its name. */
export function claimWords(name: string): string {
  return Object.hasOwn(CLAIM_WORDS, name) ? (CLAIM_WORDS[name] as string) : `See: ${name}`
}

export function resourceName(context: Context, identifier: string): string {
  return context.resources.find(identifier)?.name ?? identifier
}

/**
 * @param detail the JSON of an authorization detail (RFC 9396)
 * @param locale the language of the page that it stands on
 */
export function detailWords(context: Context, detail: string, locale: string): string {
  const parsed = JSON.parse(detail) as Readonly<Record<string, unknown>>
  const types = context.config.oauth.authorizationDetails
  const type = detailType(detail)
  // A host may have taken the type out since.
  return Object.hasOwn(types, type) ? (types[type]?.describe(parsed, locale) ?? type) : type
}

export function detailType(detail: string): string {
  return String((JSON.parse(detail) as Readonly<Record<string, unknown>>).type)
}
