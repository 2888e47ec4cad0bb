import { type HttpResponse, jsonResponse } from '../../http/response.ts'
import type { Context, Resource } from '../context.ts'
import { DPOP_ALGORITHMS } from './dpop.ts'

/** Where the metadata of resources are found: before the path of the resource (RFC 9728 section 3.1). */
export const RESOURCE_WELL_KNOWN = '/.well-known/oauth-protected-resource'

/** What may be cached of a document, in the words of RFC 9111. */
const CACHE = { 'cache-control': 'public, max-age=300' }

/** The address of the metadata of a resource. */
export function resourceMetadataUrl({ identifier }: Pick<Resource, 'identifier'>): string {
  const { origin, pathname, search } = new URL(identifier)
  return `${origin}${RESOURCE_WELL_KNOWN}${pathname === '/' ? '' : pathname}${search}`
}

/** What clients are told of a resource (RFC 9728 section 3.2). */
export function resourceDocument(
  { config }: Context,
  authorizationServer: string,
  { identifier, name, scopes }: Pick<Resource, 'identifier' | 'name' | 'scopes'>,
): HttpResponse {
  const detailTypes = Object.keys(config.oauth.authorizationDetails)
  return jsonResponse(
    200,
    {
      resource: identifier,
      authorization_servers: [authorizationServer],
      scopes_supported: scopes,
      bearer_methods_supported: ['header'],
      authorization_details_types_supported: detailTypes.length > 0 ? detailTypes : undefined,
      dpop_signing_alg_values_supported: DPOP_ALGORITHMS,
      tls_client_certificate_bound_access_tokens: true,
      resource_name: name,
      resource_documentation: config.application.documentationUrl,
    },
    CACHE,
  )
}
