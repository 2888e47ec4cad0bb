/** A client that may call the route. */
export interface Caller {
  readonly workspaceId: string
  readonly clientId: string
  readonly secret: string
}

/** What the server says of itself, once, before the load begins. */
export interface Introduction {
  readonly url: string
  readonly callers: readonly Caller[]
}

/** Of every caller. */
export const DOMAIN = 'shop.example.com'
