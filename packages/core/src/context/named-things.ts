import type { Config } from '../config/config.ts'
import { ConfigurationError } from '../errors.ts'
import type { Storage } from '../storage/storage.ts'

/**
 * Checks that the workspaces and clients that the configuration names are there: the first who needs one would find out else.
 * @throws {ConfigurationError} that names every option whose workspace or client is not
 */
export async function checkNamedThings(
  { oauth }: Pick<Config, 'oauth'>,
  { workspaces, clients }: Pick<Storage, 'workspaces' | 'clients'>,
): Promise<void> {
  const makers = (['registration', 'clientIdMetadataDocuments'] as const).map(async name => {
    const id = oauth[name]?.workspaceId
    if (id === undefined || (await workspaces.find(id)) !== undefined) return undefined
    return `oauth.${name}.workspaceId: there is no workspace ${id}; create it, or correct the id`
  })
  const servers = Object.entries(oauth.resources).map(async ([identifier, { clientId }]) => {
    if (clientId === undefined || (await clients.find(clientId)) !== undefined) return undefined
    return `oauth.resources.${identifier}.clientId: there is no client ${clientId}; create it, or correct the id`
  })
  const problems = await Promise.all([...makers, ...servers])
  const found = problems.filter(problem => problem !== undefined)
  if (found.length > 0) throw new ConfigurationError(found)
}
