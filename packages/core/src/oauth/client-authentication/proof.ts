import type { Client } from '../../model/client.ts'
import type { ClientAuthenticationMethod } from '../../model/client-metadata.ts'
import type { Workspace } from '../../model/workspace.ts'

/** What a request holds of a proof. `connection`: its id and no more; the TLS connection says the rest, if there is any. */
export type Presented =
  | {
      readonly kind: 'secret'
      readonly method: 'client_secret_basic' | 'client_secret_post'
      readonly clientId: string
      readonly secret: string
    }
  | { readonly kind: 'assertion'; readonly clientId: string; readonly assertion: string }
  | { readonly kind: 'connection'; readonly clientId: string }

export interface OwnedClient {
  readonly client: Client
  readonly workspace: Workspace | undefined
}

/** A client whose proof was good, before it is known whether it may prove itself that way. */
export interface Proven {
  readonly owned: OwnedClient
  readonly method: ClientAuthenticationMethod
}

/** Why a proof is not good, for the log alone. */
export class Refused extends Error {}
