// oauth4webapi as a client's developer uses it: each request by itself, and each answer checked.

import * as oauth from 'oauth4webapi'
import type { Test } from 'tap'
import type { Party, Provider } from '../conformance/provider.ts'
import { approve } from '../conformance/relying-party.ts'
import type { Browser } from './browser.ts'
import { sharedBrowser } from './shared-browser.ts'

/** Everything that the library wants to be told again with each request. */
export interface Client {
  readonly as: oauth.AuthorizationServer
  readonly client: oauth.Client
  readonly authentication: oauth.ClientAuth
  /** How to reach the provider. */
  readonly reach: { [oauth.customFetch]: typeof fetch }
  readonly redirectUri: string
}

/** How a client is set up, where that is not the ordinary way. */
export interface Setup {
  /** Default: client_secret_basic for a client with a secret, else none. */
  readonly authentication?: oauth.ClientAuth
  /** Default: that of a client without a certificate. */
  readonly fetch?: typeof fetch
}

/** Where metadata are found: OpenID Connect Discovery, or RFC 8414. */
export async function discover(
  provider: Provider,
  algorithm: 'oidc' | 'oauth2' = 'oidc',
): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(provider.issuer)
  const options = { algorithm, [oauth.customFetch]: provider.fetch }
  return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, options))
}

/** The client knows of itself what it registered. */
export async function clientOf(
  provider: Provider,
  party: Party,
  { authentication, fetch = provider.fetch }: Setup = {},
): Promise<Client> {
  return {
    as: await discover(provider),
    client: { ...(party.client.metadata as Partial<oauth.Client>), client_id: party.id },
    authentication:
      authentication ?? (party.secret === '' ? oauth.None() : oauth.ClientSecretBasic(party.secret)),
    reach: { [oauth.customFetch]: fetch },
    redirectUri: party.redirectUri,
  }
}

/** An authorization request, and what its answer will be checked against. */
export async function authorization(
  { client, redirectUri }: Client,
  more: Readonly<Record<string, string>> = {},
) {
  const verifier = oauth.generateRandomCodeVerifier()
  const state = oauth.generateRandomState()
  const nonce = oauth.generateRandomNonce()
  const parameters = {
    client_id: client.client_id,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: 'openid',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
    ...more,
  }
  return { parameters, verifier, state, nonce }
}

export type Authorization = Awaited<ReturnType<typeof authorization>>

export function authorizationUrl(
  { as }: Pick<Client, 'as'>,
  parameters: Readonly<Record<string, string>>,
): URL {
  const url = new URL(as.authorization_endpoint as string)
  url.search = new URLSearchParams(parameters).toString()
  return url
}

/** Sends a request ahead; answers where the browser goes then. */
export async function pushed(
  of: Client,
  parameters: Readonly<Record<string, string>>,
  DPoP?: oauth.DPoPHandle,
): Promise<URL> {
  const { as, client, authentication, reach } = of
  const { request_uri } = await withNonce(async () => {
    const options = { ...reach, DPoP }
    const response = await oauth.pushedAuthorizationRequest(as, client, authentication, parameters, options)
    return oauth.processPushedAuthorizationResponse(as, client, response)
  })
  return authorizationUrl(of, { client_id: client.client_id, request_uri })
}

/** Redeems the code that came with checked parameters; the ID token is checked with its signature. */
export async function redeem(
  { as, client, authentication, reach, redirectUri }: Client,
  answer: URLSearchParams,
  { verifier, nonce, parameters }: Authorization,
  DPoP?: oauth.DPoPHandle,
) {
  return withNonce(async () => {
    const response = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      authentication,
      answer,
      redirectUri,
      verifier,
      { ...reach, DPoP },
    )
    const isOpenId = parameters.scope.split(' ').includes('openid')
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, {
      expectedNonce: isOpenId ? nonce : oauth.expectNoNonce,
      requireIdToken: isOpenId,
    })
    if (isOpenId) await oauth.validateApplicationLevelSignature(as, response, reach)
    return tokens
  })
}

/** A person signs in with a browser, and the client redeems the code. */
export async function signIn(
  provider: Provider,
  of: Client,
  more: Readonly<Record<string, string>> = {},
  { browser = sharedBrowser(provider), DPoP }: { browser?: Browser; DPoP?: oauth.DPoPHandle } = {},
) {
  const request = await authorization(of, more)
  const page = await approve(browser, authorizationUrl(of, request.parameters))
  const answer = oauth.validateAuthResponse(of.as, of.client, page.url, request.state)
  return redeem(of, answer, request, DPoP)
}

export async function refresh(
  { as, client, authentication, reach }: Client,
  refreshToken: string | undefined,
  more: Readonly<Record<string, string>> = {},
  DPoP?: oauth.DPoPHandle,
) {
  return withNonce(async () => {
    const response = await oauth.refreshTokenGrantRequest(as, client, authentication, refreshToken ?? '', {
      ...reach,
      DPoP,
      additionalParameters: more,
    })
    return oauth.processRefreshTokenResponse(as, client, response)
  })
}

export async function actForItself(
  { as, client, authentication, reach }: Client,
  parameters: Readonly<Record<string, string>> = { scope: 'orders:read' },
  DPoP?: oauth.DPoPHandle,
) {
  return withNonce(async () => {
    const options = { ...reach, DPoP }
    const response = await oauth.clientCredentialsGrantRequest(
      as,
      client,
      authentication,
      parameters,
      options,
    )
    return oauth.processClientCredentialsResponse(as, client, response)
  })
}

export async function userinfo(
  { as, client, reach }: Client,
  accessToken: string,
  subject: string,
  DPoP?: oauth.DPoPHandle,
) {
  return withNonce(async () => {
    const response = await oauth.userInfoRequest(as, client, accessToken, { ...reach, DPoP })
    const user = await oauth.processUserInfoResponse(as, client, subject, response)
    if (client.userinfo_signed_response_alg !== undefined)
      await oauth.validateApplicationLevelSignature(as, response, reach)
    return user
  })
}

/** What is behind an access token, at whoever's resource server; JSON. */
export async function ask(
  { reach }: Pick<Client, 'reach'>,
  accessToken: string,
  url: string | URL,
  DPoP?: oauth.DPoPHandle,
): Promise<unknown> {
  const options = { ...reach, DPoP }
  const response = await withNonce(() =>
    oauth.protectedResourceRequest(accessToken, 'GET', new URL(url), undefined, undefined, options),
  )
  return response.json()
}

export async function introspect(
  { as, client, authentication, reach }: Client,
  token: string,
  more: Readonly<Record<string, string>> = {},
) {
  const options = { ...reach, additionalParameters: more }
  const response = await oauth.introspectionRequest(as, client, authentication, token, options)
  const answer = await oauth.processIntrospectionResponse(as, client, response)
  if (client.introspection_signed_response_alg !== undefined)
    await oauth.validateApplicationLevelSignature(as, response, reach)
  return answer
}

export async function revoke(
  { as, client, authentication, reach }: Client,
  token: string,
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  const options = { ...reach, additionalParameters: more }
  await oauth.processRevocationResponse(
    await oauth.revocationRequest(as, client, authentication, token, options),
  )
}

/** The library notices that a nonce is wanted, remembers it, and leaves it to its user to ask again (RFC 9449 section 8). */
export async function withNonce<T>(attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt()
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error
    return attempt()
  }
}

/** The error that the server answered with. */
export async function errorOf(t: Test, attempt: Promise<unknown>): Promise<string | undefined> {
  try {
    await attempt
  } catch (error) {
    if (error instanceof oauth.ResponseBodyError || error instanceof oauth.AuthorizationResponseError)
      return error.error
    // RFC 6749 section 5.2 has it in the body, RFC 6750 section 3 in the challenge.
    if (error instanceof oauth.WWWAuthenticateChallengeError)
      return error.cause[0]?.parameters.error ?? ((await error.response.json()) as { error?: string }).error
    throw error
  }
  t.fail('The server refused nothing.')
  return undefined
}
