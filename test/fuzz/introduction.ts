/** What the client under fire was granted. */
export const SCOPES = ['openid', 'profile', 'email', 'address', 'offline_access', 'userinfo', 'useraddresses']

/** What the server tells of itself. */
export interface Introduction {
  /** Where it listens. */
  readonly url: string
  readonly clientId: string
  readonly clientSecret: string
  readonly domain: string
  readonly redirectUri: string
  readonly sub: string
  readonly email: string
  readonly password: string
}
