import type { Config } from '../../config/config.ts'
import type { Client, ClientSource } from '../../model/client.ts'
import type { Context } from '../context.ts'
import type { ClientDescription } from './client-description.ts'

/** How clients that nobody made by hand come in, by registration or by document. */
export type SelfMadeClients = NonNullable<Config['oauth']['clientIdMetadataDocuments']>

type Surroundings = Pick<Context, 'config' | 'storage' | 'now'>

/** A client that described itself. */
export function selfMadeClient(
  described: ClientDescription,
  own: Pick<Client, 'id' | 'workspaceId' | 'registrationTokenHash'> & { readonly source: ClientSource },
  now: Date,
): Client {
  return {
    ...described,
    ...own,
    enabled: true,
    rateLimit: undefined,
    rateLimitSetBy: undefined,
    rateLimitSetAt: undefined,
    operatorRateLimit: undefined,
    operatorRateLimitSetBy: undefined,
    operatorRateLimitSetAt: undefined,
    createdAt: now,
    updatedAt: now,
  }
}

/**
 * Whether there is room for one more client of a source. Clients that nobody came to use make room; they are looked for
 * each time, because this is where they would pile up, and it happens seldom.
 */
export async function hasRoom(
  { config, storage, now }: Surroundings,
  source: 'registration' | 'document',
  { workspaceId, maxClients }: SelfMadeClients,
): Promise<boolean> {
  const { registration, clientIdMetadataDocuments } = config.oauth
  // One sweep is for both sources, so it keeps to the longer of their times.
  const seconds = [registration, clientIdMetadataDocuments]
    .filter(options => options !== undefined)
    .map(({ unusedSeconds }) => unusedSeconds)
  await storage.clients.removeUnused(new Date(now().getTime() - Math.max(...seconds) * 1000))
  return (await storage.clients.count(workspaceId, source)) < maxClients
}
