import type { Client } from '../../model/client.ts'
import type { PageClient, PageUser } from '../../model/page.ts'
import type { User } from '../../model/user.ts'
import { isVouchedFor } from '../clients/client-identity.ts'

/** A client as the pages show it. */
export function pageClient(client: Client): PageClient {
  const { name, uri, logoUri, policyUri, tosUri } = client
  return { name, uri, logoUri, policyUri, tosUri, vouchedFor: isVouchedFor(client) }
}

/** A user as the pages show them. */
export function pageUser({ name, email, picture }: User): PageUser {
  return { name, email, picture }
}
