import type { Config } from '../../config/config.ts'
import type { ResourceOptions } from '../../config/options.ts'
import { isLoopbackHost } from '../../lib/host.ts'
import type { Context, Resource, Resources } from '../context.ts'

/** Where the management API is, relative to where the kit is mounted, and below the issuer its resource indicator. */
export const MANAGE_PATH = '/manage/v1'

/** What stands for the issuer in the resource indicator of the management API, where there is none: any address of this machine. */
const THIS_MACHINE = 'http://localhost'

/**
 * Keeps the resource servers that tokens may be bound to (RFC 8707): those of the configuration and the management API to begin
 * with.
 */
export function createResources({
  oauth,
  issuer,
  application,
}: Pick<Config, 'oauth' | 'issuer' | 'application'>): Resources {
  const resources = new Map<string, Resource>()

  function add(identifier: string, options: ResourceOptions): Resource {
    const key = keyOf(identifier)
    // What the configuration says of a resource stands, whatever the route says that serves it.
    const known = resources.get(key)
    if (known !== undefined) return known
    const { name, scopes, clientId, tokenFormat = 'opaque', signingAlgorithm = 'ES256' } = options
    const { accessTokenSeconds, requireSenderConstraint = false, exchangedFrom = [] } = options
    const resource = {
      identifier,
      name,
      scopes,
      clientId,
      tokenFormat,
      signingAlgorithm,
      accessTokenSeconds,
      requireSenderConstraint,
      exchangedFrom,
    }
    resources.set(key, resource)
    return resource
  }

  for (const [identifier, options] of Object.entries(oauth.resources)) add(identifier, options)
  const management = add((issuer ?? THIS_MACHINE) + MANAGE_PATH, {
    name: `the management of ${application.name}`,
    scopes: ['manage:read', 'manage'],
  })

  return {
    find: identifier =>
      resources.get(keyOf(identifier)) ??
      (issuer === undefined && isManagementHere(identifier) ? management : undefined),
    add,
    management,
  }
}

/** Whether a token is for a resource: one of the indicators that it was made for is the resource's. Most are, as they stand. */
export function isForResource(
  { resources }: Pick<Context, 'resources'>,
  audience: readonly string[],
  resource: Resource,
): boolean {
  return audience.some(
    identifier => identifier === resource.identifier || resources.find(identifier) === resource,
  )
}

/** `https://example.com` and `https://example.com/` are one address (RFC 3986 section 6.2.3), and clients send either. */
function keyOf(identifier: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/?#]+\/$/i.test(identifier) ? identifier.slice(0, -1) : identifier
}

/** Without an issuer each address of this machine is as good as the other. */
function isManagementHere(identifier: string): boolean {
  if (!identifier.endsWith(MANAGE_PATH) || !URL.canParse(identifier)) return false
  const { protocol, host } = new URL(identifier)
  return (protocol === 'http:' || protocol === 'https:') && isLoopbackHost(host)
}
