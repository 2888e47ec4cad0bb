import type { Resource } from '../context/context.ts'
import type { Call, OpenEndpoint } from '../context/endpoint.ts'
import { resourceDocument, resourceMetadataUrl } from '../context/tokens/resource-document.ts'

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
        handle(context, call) {
          const { resource, scopes } = about(call, url.pathname)
          const known = resource.scopes ?? (scopes.size > 0 ? [...scopes] : undefined)
          return resourceDocument(context, call.baseUrl, { ...resource, scopes: known })
        },
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
