import { isClientId, isDocumentAddress } from '../../lib/client-id.ts'
import type { Client } from '../../model/client.ts'
import type { Context, KnownClient } from '../context.ts'

/**
 * Finds a client by what somebody says its id is. Every endpoint of OAuth finds clients here and nowhere else.
 * @throws {HttpError} 400 `invalid_client` when the id is the address of a document that cannot be used
 */
export async function findClient(
  context: Context,
  clientId: string | undefined,
): Promise<Client | undefined> {
  return (await findKnownClient(context, clientId))?.client
}

/**
 * The same, with what decides whether the client may sign users in.
 * @throws {HttpError} 400 `invalid_client` when the id is the address of a document that cannot be used
 */
export async function findKnownClient(
  context: Context,
  clientId: string | undefined,
): Promise<KnownClient | undefined> {
  if (clientId === undefined || !isClientId(clientId)) return undefined
  if (isDocumentAddress(clientId) && (await context.clientDocuments.find(clientId)) === undefined)
    return undefined
  return context.clients.find(clientId)
}
