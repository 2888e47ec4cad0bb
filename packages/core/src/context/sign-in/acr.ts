/** How somebody signed in, as a class (OpenID Connect Core section 2, `acr`), the strongest first. */
export const ACR_VALUES = ['urn:xwms:acr:password'] as const
export type Acr = (typeof ACR_VALUES)[number]

/** The class that the methods of a sign-in (RFC 8176) reach; `undefined` for none that this server vouches for. */
export function acrOf(amr: readonly string[]): Acr | undefined {
  return amr.includes('pwd') ? 'urn:xwms:acr:password' : undefined
}
