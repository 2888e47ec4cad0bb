import type { Config } from '../../config/config.ts'
import type { ResourceOptions } from '../../config/options.ts'
import type { Resource, Resources } from '../context.ts'

/** Keeps the resource servers that tokens may be bound to (RFC 8707), those of the configuration to begin with. */
export function createResources({ oauth }: Pick<Config, 'oauth'>): Resources {
  const resources = new Map<string, Resource>()

  function add(identifier: string, options: ResourceOptions): void {
    const key = keyOf(identifier)
    // What the configuration says of a resource stands, whatever the route says that serves it.
    if (resources.has(key)) return
    const { name, scopes, clientId, tokenFormat = 'opaque', signingAlgorithm = 'ES256' } = options
    const { accessTokenSeconds, requireSenderConstraint = false, exchangedFrom = [] } = options
    resources.set(key, {
      identifier,
      name,
      scopes,
      clientId,
      tokenFormat,
      signingAlgorithm,
      accessTokenSeconds,
      requireSenderConstraint,
      exchangedFrom,
    })
  }

  for (const [identifier, options] of Object.entries(oauth.resources)) add(identifier, options)
  return { find: identifier => resources.get(keyOf(identifier)), add }
}

/** `https://example.com` and `https://example.com/` are one address (RFC 3986 section 6.2.3), and clients send either. */
function keyOf(identifier: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/?#]+\/$/i.test(identifier) ? identifier.slice(0, -1) : identifier
}
