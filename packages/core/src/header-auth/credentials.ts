import type { HttpHeaders } from '../http/request.ts'
import { isClientId } from '../lib/client-id.ts'
import { normaliseHost } from '../lib/host.ts'

/** The three credential headers (xwms-api.md, "Credentials"), well formed. */
export interface Credentials {
  readonly clientId: string
  readonly clientSecret: string
  /** A normalised host, or a domain's id. */
  readonly domain: string
}

const CLIENT_SECRET = /^[\x21-\x7E]{1,256}$/
const DOMAIN_ID = /^dom_[A-Za-z0-9_-]{1,64}$/

/** Reads the credential headers; `undefined` when one is missing, repeated or malformed: rule 1. */
export function readCredentials(headers: HttpHeaders): Credentials | undefined {
  const clientId = headers['x-client-id']
  const clientSecret = headers['x-client-secret']
  const stated = headers['x-client-domain']
  if (typeof clientId !== 'string' || !isClientId(clientId)) return undefined
  if (typeof clientSecret !== 'string' || !CLIENT_SECRET.test(clientSecret)) return undefined
  if (typeof stated !== 'string') return undefined
  const domain = DOMAIN_ID.test(stated) ? stated : normaliseHost(stated)
  return domain === undefined ? undefined : { clientId, clientSecret, domain }
}
