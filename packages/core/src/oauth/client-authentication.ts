import type { Context } from '../context/context.ts'
import { HttpError } from '../errors.ts'
import { type HttpRequest, header } from '../http/request.ts'
import { isClientId } from '../lib/client-id.ts'
import { sha256 } from '../lib/hash.ts'
import type { Client } from '../model/client.ts'
import type { Workspace } from '../model/workspace.ts'
import { invalidRequest, type Parameters } from './parameters.ts'

/** Client authentication methods that work, by their IANA names. */
export const CLIENT_AUTHENTICATION_METHODS = ['client_secret_basic', 'client_secret_post', 'none'] as const

interface Claimed {
  readonly clientId: string
  readonly clientSecret: string | undefined
  readonly basic: boolean
}

/**
 * Finds out which client is calling the token endpoint (RFC 6749 section 2.3). An unknown client, a wrong, revoked or
 * expired secret and a missing one all get the same `invalid_client`.
 * @throws {HttpError} 401 `invalid_client`, 400 `invalid_request`, 400 `unauthorized_client`
 */
export async function authenticateClient(
  context: Context,
  request: HttpRequest,
  parameters: Parameters,
): Promise<Client> {
  const claimed = claimedCredentials(request, parameters)
  if (!isClientId(claimed.clientId)) throw invalidClient(claimed.basic)
  const owned =
    claimed.clientSecret === undefined
      ? await publicClient(context, claimed.clientId)
      : await provenClient(context, claimed.clientId, claimed.clientSecret)
  if (owned === undefined) throw invalidClient(claimed.basic)
  const { client, workspace } = owned
  if (!client.enabled || workspace?.planStatus !== 'active') {
    throw new HttpError(400, 'unauthorized_client', 'This client is disabled, or its plan is not active.')
  }
  return client
}

interface OwnedClient {
  readonly client: Client
  readonly workspace: Workspace | undefined
}

async function publicClient(context: Context, clientId: string): Promise<OwnedClient | undefined> {
  const client = await context.storage.clients.find(clientId)
  if (client?.type !== 'public') return undefined
  return { client, workspace: await context.storage.workspaces.find(client.workspaceId) }
}

/** An unknown client and a wrong secret are one empty lookup. */
async function provenClient(
  context: Context,
  clientId: string,
  value: string,
): Promise<OwnedClient | undefined> {
  const facts = await context.storage.clients.facts(clientId, sha256(value), undefined)
  const now = context.now()
  if (facts === undefined || facts.secret.revokedAt !== undefined) return undefined
  if (facts.secret.expiresAt !== undefined && facts.secret.expiresAt <= now) return undefined
  context.meter.touch(facts.secret.id, now)
  return facts
}

function claimedCredentials(request: HttpRequest, parameters: Parameters): Claimed {
  const authorization = header(request.headers, 'authorization')
  const posted = parameters.client_secret
  if (authorization === undefined) {
    if (parameters.client_id === undefined) throw invalidClient(false)
    return { clientId: parameters.client_id, clientSecret: posted, basic: false }
  }
  const basic = /^Basic +([A-Za-z0-9+/]+=*) *$/i.exec(authorization)
  if (basic === null) throw invalidClient(true)
  if (posted !== undefined)
    throw invalidRequest('Authenticate in one way: by the Authorization header or by client_secret.')
  const decoded = Buffer.from(basic[1] as string, 'base64').toString('utf8')
  const colon = decoded.indexOf(':')
  if (colon < 1) throw invalidClient(true)
  // RFC 6749 section 2.3.1: both parts are form-encoded before they are joined.
  const clientId = formDecode(decoded.slice(0, colon))
  const clientSecret = formDecode(decoded.slice(colon + 1))
  if (clientId === undefined || clientSecret === undefined) throw invalidClient(true)
  if (parameters.client_id !== undefined && parameters.client_id !== clientId) throw invalidClient(true)
  return { clientId, clientSecret, basic: true }
}

function formDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    // A stray percent sign: not form-encoded.
    return undefined
  }
}

function invalidClient(basic: boolean): HttpError {
  return new HttpError(
    401,
    'invalid_client',
    'The client could not be authenticated. Check its id and its secret.',
    {
      headers: basic ? { 'www-authenticate': 'Basic realm="XWMS", charset="UTF-8"' } : {},
    },
  )
}
