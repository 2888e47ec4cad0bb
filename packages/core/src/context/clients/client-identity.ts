import type { Client } from '../../model/client.ts'

/** Whether somebody knows whose client it is: its owner here, or whoever gave it an initial access token. */
export function isVouchedFor({ source }: Pick<Client, 'source'>): boolean {
  return source !== 'document'
}

/** Whether an address leads to a web site; any other leads back to the device that the browser runs on. */
export function leadsToSite(redirectUri: string): boolean {
  return /^https:/i.test(redirectUri)
}

/**
 * Whether an answer can reach nobody but the client: it proves itself when it redeems it, or the answer goes to a web site of
 * its own. Any app on a device can listen at a loopback address or take another's scheme (RFC 8252 section 8.6).
 */
export function isIdentityAssured({ type }: Pick<Client, 'type'>, redirectUri: string): boolean {
  return type === 'confidential' || leadsToSite(redirectUri)
}
