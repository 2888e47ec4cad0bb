import { OutboundError } from '../../errors.ts'
import type { Context } from '../context.ts'

const MAX_BYTES = 65_536

/**
 * Why a client may not belong to the sector that it names, in words that follow `sector_identifier_uri`: the document there
 * must list every one of its redirect URIs (OpenID Connect Dynamic Client Registration section 5). Otherwise anybody could
 * join a sector, and tell its users apart by the subjects that its members know.
 * @returns `undefined` when it may, and when it names none
 */
export async function sectorProblem(
  { logger, outbound }: Pick<Context, 'logger' | 'outbound'>,
  sectorIdentifierUri: string | undefined,
  redirectUris: readonly string[],
): Promise<string | undefined> {
  if (sectorIdentifierUri === undefined) return undefined
  let listed: unknown
  try {
    const { body } = await outbound.get(sectorIdentifierUri, {
      accept: 'application/json',
      maxBytes: MAX_BYTES,
    })
    listed = JSON.parse(body)
  } catch (error) {
    if (error instanceof SyntaxError) return 'must lead to a JSON document'
    if (!(error instanceof OutboundError)) throw error
    // What a call from here came to is not for whoever chose the address: it would tell of the network around this server.
    logger.info({ sectorIdentifierUri, reason: error.message }, 'A sector document could not be fetched.')
    return 'must lead to a document that can be fetched'
  }
  if (!Array.isArray(listed)) return 'must lead to a JSON array of redirect URIs'
  const missing = redirectUris.find(uri => !listed.includes(uri))
  return missing === undefined ? undefined : `must lead to a document that lists ${missing}`
}
