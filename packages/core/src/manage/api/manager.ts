import type { Context, KnownToken } from '../../context/context.ts'
import type { Manager } from '../../context/endpoint.ts'
import {
  authenticateToken,
  insufficientScope,
  invalidToken,
  type TokenRequest,
} from '../../context/tokens/presented-token.ts'
import { isForResource } from '../../context/tokens/resources.ts'
import { HttpError } from '../../errors.ts'
import type { HttpRequest } from '../../http/request.ts'
import type { Client } from '../../model/client.ts'
import { type Actor, isPermitted, type Permission } from '../../model/permission.ts'
import type { User } from '../../model/user.ts'
import type { Workspace } from '../../model/workspace.ts'
import { metadataUrl } from './metadata.ts'

/** A token that is good for the management API, with how it came. */
export interface Bearer {
  readonly known: KnownToken
  readonly presented: TokenRequest
}

/** What is asked, of which workspace. */
export interface Asked {
  readonly workspaceId: string
  readonly permission: Permission
}

/**
 * Finds out who calls the management API.
 *
 * A token must have been asked for with the API as its `resource`. One that is for no resource in particular is refused: any
 * resource server of the host that it is shown to could bring it here (RFC 8707 section 5, RFC 9700 section 2.3).
 * @throws {HttpError} 401 `invalid_token` and what else a token can lack
 */
export async function authenticateBearer(
  context: Context,
  request: HttpRequest,
  baseUrl: string,
): Promise<Bearer> {
  const presented: TokenRequest = {
    headers: request.headers,
    method: request.method,
    url: baseUrl + request.path,
    certificate: request.clientCertificate,
    resourceMetadata: metadataUrl(context, baseUrl),
    scope: scopeFor(request),
  }
  const known = await authenticateToken(context, presented)
  const { token } = known
  const { management } = context.resources
  if (!isForResource(context, token.audience, management)) throw invalidToken(presented)
  if (management.requireSenderConstraint && token.confirmation === undefined) throw invalidToken(presented)
  return { known, presented }
}

/**
 * Finds out whether a caller may do what is asked.
 * @throws {HttpError} 403 `insufficient_scope`; 404 `workspace_not_found`, for a workspace that is somebody else's as for one that
 *   does not exist; 403 `not_permitted`
 */
export async function authoriseManager(
  context: Context,
  { known: { token, client, user }, presented }: Bearer,
  { workspaceId, permission }: Asked,
): Promise<Manager> {
  const scope = scopeFor(presented)
  // What the client lost since is lost for its tokens too.
  const has = (name: string) => token.scopes.includes(name) && client.scopes.includes(name)
  if (!has('manage') && !has(scope)) throw insufficientScope(presented, scope)

  const { workspace, role } = await placeOf(context, workspaceId, client, user)
  if (workspace === undefined || role === undefined) {
    throw new HttpError(404, 'workspace_not_found', 'There is no such workspace, or it is not yours.')
  }
  if (!isPermitted(role, permission)) {
    const who = role === 'client' ? 'A client that acts for itself' : `The role ${role}`
    throw new HttpError(403, 'not_permitted', `${who} is not permitted ${permission} in this workspace.`)
  }
  return { client, user, role, workspace }
}

/** What a method needs; `manage` does for every one. */
function scopeFor({ method }: Pick<HttpRequest, 'method'>): 'manage:read' | 'manage' {
  return method === 'GET' || method === 'HEAD' ? 'manage:read' : 'manage'
}

/** The workspace, and what the caller is in it. Of a foreign one the same is read as of an unknown one. */
async function placeOf(
  { storage }: Context,
  workspaceId: string,
  client: Client,
  user: User | undefined,
): Promise<{ readonly workspace: Workspace | undefined; readonly role: Actor | undefined }> {
  if (user === undefined) {
    const workspace = await storage.workspaces.find(workspaceId)
    // Clients that nobody made by hand belong to the operator's workspace, and have no part in it.
    const isOwn = client.workspaceId === workspaceId && client.source === 'managed'
    return { workspace, role: isOwn ? 'client' : undefined }
  }
  const [workspace, members] = await Promise.all([
    storage.workspaces.find(workspaceId),
    storage.workspaces.members(workspaceId),
  ])
  return { workspace, role: members.find(({ sub }) => sub === user.sub)?.role }
}
