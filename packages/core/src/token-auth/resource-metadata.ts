import type { Context, Resource } from '../context/context.ts'
import type { Call, OpenEndpoint } from '../context/endpoint.ts'
import { DPOP_ALGORITHMS } from '../context/tokens/dpop.ts'
import { type HttpResponse, jsonResponse } from '../http/response.ts'

const WELL_KNOWN = '/.well-known/oauth-protected-resource'

/** What may be cached of a document, in the words of RFC 9111. */
const CACHE = { 'cache-control': 'public, max-age=300' }

/** Where the metadata of a resource is found: the well-known part comes before its path (RFC 9728 section 3.1). */
export function resourceMetadataUrl({ identifier }: Resource): string {
  const { origin, pathname, search } = new URL(identifier)
  return `${origin}${WELL_KNOWN}${pathname === '/' ? '' : pathname}${search}`
}

/** Tells clients about the resources that are guarded here (RFC 9728), from the moment that they are. */
export interface ResourceDocuments {
  /** Adds a resource, and a scope that one of its routes wants. */
  add(resource: Resource, scope: string | undefined): void
  /** The document at a path of the host's, where there is one. */
  at(path: string): OpenEndpoint | undefined
}

/** A guarded resource with the scopes of its routes. */
interface Guarded {
  readonly resource: Resource
  readonly url: URL
  readonly scopes: Set<string>
}

export function createResourceDocuments(): ResourceDocuments {
  const guarded = new Map<Resource, Guarded>()
  const endpoints = new Map<string, OpenEndpoint>()

  return {
    add(resource, scope) {
      const known = guarded.get(resource)
      const { url, scopes } = known ?? {
        url: new URL(resourceMetadataUrl(resource)),
        scopes: new Set<string>(),
      }
      if (scope !== undefined) scopes.add(scope)
      if (known !== undefined) return
      guarded.set(resource, { resource, url, scopes })
      endpoints.set(url.pathname, {
        method: 'GET',
        path: url.pathname,
        body: 'none',
        failure: 'oauth',
        cors: true,
        handle: (context, call) => document(context, call, about(call, url.pathname)),
      })
    },
    at: path => endpoints.get(path),
  }

  /** Of resources that share their path, the one that the caller sees by its host, and asks for by its query. */
  function about({ request }: Call, path: string): Guarded {
    const here = [...guarded.values()].filter(({ url }) => url.pathname === path)
    const host = request.origin.slice(request.origin.indexOf('://') + 3).toLowerCase()
    const ofHost = here.filter(({ url }) => url.host === host)
    const ofQuery = ofHost.find(({ url }) => url.search.slice(1) === request.search)
    return (ofQuery ?? ofHost[0] ?? here[0]) as Guarded
  }
}

/** RFC 9728 section 3.2. */
function document({ config }: Context, { baseUrl }: Call, { resource, scopes }: Guarded): HttpResponse {
  const detailTypes = Object.keys(config.oauth.authorizationDetails)
  return jsonResponse(
    200,
    {
      resource: resource.identifier,
      authorization_servers: [baseUrl],
      scopes_supported: resource.scopes ?? (scopes.size > 0 ? [...scopes] : undefined),
      bearer_methods_supported: ['header'],
      authorization_details_types_supported: detailTypes.length > 0 ? detailTypes : undefined,
      dpop_signing_alg_values_supported: DPOP_ALGORITHMS,
      tls_client_certificate_bound_access_tokens: true,
      resource_name: resource.name,
      resource_documentation: config.application.documentationUrl,
    },
    CACHE,
  )
}
