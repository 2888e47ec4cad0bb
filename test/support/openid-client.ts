// openid-client as a relying party's developer uses it: it was not made for this server and believes nothing it is told.

import * as oidc from 'openid-client'
import type { Test } from 'tap'
import type { Party, Provider } from '../conformance/provider.ts'
import { approve } from '../conformance/relying-party.ts'
import type { Browser } from './browser.ts'
import { sharedBrowser } from './shared-browser.ts'

type Parameters = Readonly<Record<string, string>>

/** How a client is set up, where that is not the ordinary way. */
export interface Setup {
  /** Default: client_secret_post for a client with a secret, else none. */
  readonly authentication?: oidc.ClientAuth
  /** Default: that of a client without a certificate. */
  readonly fetch?: typeof fetch
}

/** Finds the provider by discovery; the client knows of itself what it registered. */
export function discover(
  provider: Provider,
  party: Party,
  { authentication, fetch = provider.fetch }: Setup = {},
): Promise<oidc.Configuration> {
  const secret = party.secret === '' ? undefined : party.secret
  return oidc.discovery(
    new URL(provider.issuer),
    party.id,
    { ...(party.client.metadata as oidc.ClientMetadata), client_secret: secret },
    authentication ?? (secret === undefined ? oidc.None() : oidc.ClientSecretPost(secret)),
    { [oidc.customFetch]: fetch as oidc.CustomFetch },
  )
}

/** The parameters of an authorization request, and what its answer will be checked against. */
export async function authorization(party: Pick<Party, 'redirectUri'>, more: Parameters = {}) {
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier()
  const expectedState = oidc.randomState()
  const expectedNonce = oidc.randomNonce()
  return {
    parameters: {
      redirect_uri: party.redirectUri,
      scope: 'openid',
      code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: expectedState,
      nonce: expectedNonce,
      ...more,
    },
    checks: { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true },
  }
}

/** A person signs in with a browser, and the client redeems the code. */
export async function signIn(
  provider: Provider,
  config: oidc.Configuration,
  party: Party,
  more: Parameters = {},
  { browser = sharedBrowser(provider), options }: { browser?: Browser; options?: oidc.DPoPOptions } = {},
) {
  const { parameters, checks } = await authorization(party, more)
  const page = await approve(browser, oidc.buildAuthorizationUrl(config, parameters))
  return oidc.authorizationCodeGrant(config, page.url, checks, undefined, options)
}

/** The error that the server answered with. */
export async function errorOf(t: Test, attempt: Promise<unknown>): Promise<string | undefined> {
  try {
    await attempt
  } catch (error) {
    if (error instanceof oidc.ResponseBodyError || error instanceof oidc.AuthorizationResponseError)
      return error.error
    // RFC 6749 section 5.2 has it in the body, RFC 6750 section 3 in the challenge.
    if (error instanceof oidc.WWWAuthenticateChallengeError)
      return error.cause[0]?.parameters.error ?? ((await error.response.json()) as { error?: string }).error
    throw error
  }
  t.fail('The server refused nothing.')
  return undefined
}
