import type { RequestListener } from 'node:http'

/** Where a server has its endpoints. */
export interface Paths {
  readonly authorize: string
  readonly token: string
  readonly introspect: string
  readonly userinfo: string
  readonly jwks: string
}

/** A contender that is ready to be asked, as its module gives it. */
export interface Mounted {
  readonly listener: RequestListener
  readonly paths: Paths
  /** The client of the benchmark, who authenticates with `client_secret_basic`. */
  readonly client: { readonly id: string; readonly secret: string }
  close(): Promise<void>
}

/** What a module in `servers/` is told. */
export interface Mounting {
  /** The address that it will be asked at, which is its issuer's too. */
  readonly origin: string
  /** Where its database is; absent where it keeps everything in memory. */
  readonly databaseUrl: string | undefined
  /** Whether it is to have room in memory for few of the tokens and clients that it is asked about. */
  readonly cold: boolean
}

export type Mount = (mounting: Mounting) => Promise<Mounted>
