import { createHmac } from 'node:crypto'
import type { Client } from '../../model/client.ts'
import type { Sub } from '../../model/user.ts'
import type { Context } from '../context.ts'

/**
 * The subject identifier of a user, as a client sees it (OpenID Connect Core section 8): the `sub` itself, or, for a client
 * that asked for pairwise ones, a value that no client of another sector sees and that nobody can trace back.
 */
export async function subjectFor(context: Context, client: Client, sub: Sub): Promise<string> {
  if (client.metadata.subject_type !== 'pairwise') return sub
  const secret = await context.keys.secret('pairwise')
  // Neither half can hold the separator: a host has no U+0000, and neither has an id.
  return createHmac('sha256', secret)
    .update(`${sectorOf(client)}\0${sub}`)
    .digest('base64url')
}

/**
 * The sector that a client's pairwise identifiers are the same in (Core section 8.1): the host of its
 * `sector_identifier_uri`, or the one host of its redirect URIs. A client that has neither is a sector of its own.
 */
export function sectorOf({ id, metadata, redirectUris }: Client): string {
  if (metadata.sector_identifier_uri !== undefined) return new URL(metadata.sector_identifier_uri).hostname
  const hosts = new Set(redirectUris.map(uri => (URL.canParse(uri) ? new URL(uri).hostname : '')))
  const [host] = hosts
  return hosts.size === 1 && host ? host : id
}
