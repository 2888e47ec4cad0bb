import type { Context, Resource } from '../context/context.ts'
import type { Call } from '../context/endpoint.ts'
import { HttpError } from '../errors.ts'

/** Values of a parameter that may be given several times (RFC 8707 section 2, RFC 8693 section 2.1), each once. */
export function repeatedParameter({ input }: Call, name: 'resource' | 'audience'): readonly string[] {
  if (input.kind !== 'form' || !input.form.has(name)) return []
  return [...new Set(input.form.getAll(name).filter(value => value !== ''))]
}

/**
 * The resource servers that a token request asks for.
 * @throws {HttpError} 400 `invalid_target` (RFC 8707 section 2)
 */
export function knownResources(context: Context, identifiers: readonly string[]): readonly Resource[] {
  const resources = identifiers.map(identifier => {
    const resource = context.resources.find(identifier)
    if (resource === undefined) throw invalidTarget('There is no resource of that name here.')
    return resource
  })
  // One resource may be written in two ways.
  return [...new Set(resources)]
}

/**
 * Of the resources that were granted, those that a token request asks for; all, when it asks for none (RFC 8707
 * section 2.2).
 * @param granted resource indicators, separated by single spaces
 * @throws {HttpError} 400 `invalid_target`
 */
export function narrowedResources(
  context: Context,
  asked: readonly string[],
  granted: string | undefined,
): readonly Resource[] {
  const grantedResources = knownResources(context, granted?.split(' ') ?? [])
  if (asked.length === 0) return grantedResources
  const resources = knownResources(context, asked)
  if (!resources.every(resource => grantedResources.includes(resource))) {
    throw invalidTarget(
      'The authorization does not cover that resource. Name it in the authorization request too.',
    )
  }
  return resources
}

/**
 * Of the scopes that a token is to have, those that mean something at one of the resources at least (RFC 8707 section 2.2).
 * @throws {HttpError} 400 `invalid_scope` when none of them is left, whatever authorization details the token has beside them: those
 * are asked for by themselves (RFC 9396 section 3.1), and an answer has no way to say it, for there is no empty scope, and an
 * answer without one says that it is the scope asked for (RFC 6749 sections 3.3 and 5.1)
 */
export function scopesFor(scopes: readonly string[], resources: readonly Resource[]): readonly string[] {
  if (resources.length === 0) return scopes
  const meaningful = scopes.filter(scope =>
    resources.some(resource => resource.scopes?.includes(scope) ?? true),
  )
  if (meaningful.length === 0 && scopes.length > 0) {
    throw new HttpError(
      400,
      'invalid_scope',
      'None of the scopes means anything at these resources. Ask for one of theirs, or leave out the resource; with authorization_details the scope can be left out instead.',
    )
  }
  return meaningful
}

export function invalidTarget(message: string): HttpError {
  return new HttpError(400, 'invalid_target', message)
}
