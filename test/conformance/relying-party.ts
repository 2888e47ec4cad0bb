import { createHash, randomBytes, randomUUID } from 'node:crypto'
import {
  type CryptoKey,
  calculateJwkThumbprint,
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from 'jose'
import type { Test } from 'tap'
import type { Browser, Page } from '../support/browser.ts'
import { PASSWORD } from '../support/seed.ts'
import type { Answer, Asked, Party, Provider } from './provider.ts'

type Parameters = Readonly<Record<string, string | undefined>>

/** An authorization request that is ready to be sent, with what its answer belongs to. */
export interface Begun {
  readonly url: URL
  readonly parameters: Readonly<Record<string, string>>
  readonly verifier: string
  readonly state: string
  readonly nonce: string
}

export interface Tokens {
  readonly access_token: string
  readonly token_type: string
  readonly expires_in: number
  readonly scope: string
  readonly refresh_token?: string
  readonly id_token?: string
  readonly authorization_details?: unknown
}

const random = () => randomBytes(32).toString('base64url')

export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url')
}

/** An ordinary request with PKCE, state and nonce. `over` adds, replaces and, with `undefined`, takes out parameters. */
export function begin(provider: Provider, party: Party, over: Parameters = {}): Begun {
  const verifier = random()
  const state = random()
  const nonce = random()
  const parameters = without({
    response_type: 'code',
    client_id: party.id,
    redirect_uri: party.redirectUri,
    scope: 'openid',
    state,
    nonce,
    code_challenge: challengeOf(verifier),
    code_challenge_method: 'S256',
    ...over,
  })
  const url = new URL(`${provider.issuer}/oauth/authorize`)
  url.search = new URLSearchParams(parameters).toString()
  return { url, parameters, verifier, state, nonce }
}

/** Goes through sign-in and consent, as far as either is asked for. */
export async function approve(browser: Browser, url: URL | Page, login = 'ada@example.com'): Promise<Page> {
  let page = url instanceof URL ? await browser.open(url) : url
  if (page.html.includes('login-submit'))
    page = await browser.press(page, 'login-submit', { login, password: PASSWORD })
  if (page.html.includes('consent-allow')) page = await browser.press(page, 'consent-allow')
  return page
}

/** What the client is told at its redirect URI, in whichever response mode. */
export function responseOf(page: Page): Record<string, string> {
  if (page.html === '') return Object.fromEntries(page.url.searchParams)
  const fields = [...page.html.matchAll(/<input\b([^>]*)>/gs)].map(([, attributes = '']) => [
    unescaped(/\bname="([^"]*)"/.exec(attributes)?.[1]),
    unescaped(/\bvalue="([^"]*)"/.exec(attributes)?.[1]),
  ])
  return Object.fromEntries(fields)
}

function unescaped(text = ''): string {
  const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => entities[name] as string)
}

/** Everything the client is told when the browser needs to ask nobody anything. */
export async function told(browser: Browser, url: URL): Promise<Record<string, string>> {
  return responseOf(await browser.open(url))
}

/** The authorization request that was pushed, or that is found at an address. */
export function referenceUrl(provider: Provider, party: Party, requestUri: string): URL {
  const url = new URL(`${provider.issuer}/oauth/authorize`)
  url.search = new URLSearchParams({ client_id: party.id, request_uri: requestUri }).toString()
  return url
}

/** The Authorization header of client_secret_basic (RFC 6749 section 2.3.1). */
export function basic({ id, secret }: Pick<Party, 'id' | 'secret'>): { authorization: string } {
  const encode = (text: string) => new URLSearchParams({ text }).toString().slice('text='.length)
  return { authorization: `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')}` }
}

/** Asks the token endpoint, authenticated by client_secret_basic where the client has a secret. */
export function token(
  provider: Provider,
  party: Party,
  form: Parameters,
  asked: Asked = {},
): Promise<Answer> {
  return provider.ask('/oauth/token', {
    ...asked,
    headers: { ...(party.secret !== '' && basic(party)), ...asked.headers },
    form: { ...(party.secret === '' && { client_id: party.id }), ...form },
  })
}

/** Redeems a code. `over` adds, replaces and takes out parameters. */
export function redeem(
  provider: Provider,
  party: Party,
  begun: Begun,
  code: string | undefined,
  over: Parameters = {},
  asked: Asked = {},
): Promise<Answer> {
  const form = {
    grant_type: 'authorization_code',
    code,
    code_verifier: begun.verifier,
    redirect_uri: begun.parameters.redirect_uri,
    ...over,
  }
  return token(provider, party, form, asked)
}

/**
 * The whole code flow in a browser.
 * @throws {Error} with what came instead of tokens
 */
export async function signIn(
  provider: Provider,
  party: Party,
  over: Parameters = {},
  { browser = provider.browser(), login, asked }: { browser?: Browser; login?: string; asked?: Asked } = {},
): Promise<Tokens> {
  const begun = begin(provider, party, over)
  const page = await approve(browser, begun.url, login)
  const response = responseOf(page)
  if (response.code === undefined)
    throw new Error(
      `There is no code: ${JSON.stringify(response)} at ${page.url} ${page.html.slice(0, 2000)}`,
    )
  const answer = await redeem(provider, party, begun, response.code, {}, asked)
  if (answer.status !== 200) throw new Error(`There are no tokens: ${answer.status} ${answer.text}`)
  return answer.body
}

export function userinfo(provider: Provider, accessToken: string, headers = {}): Promise<Answer> {
  return provider.ask('/oauth/userinfo', { headers: { authorization: `Bearer ${accessToken}`, ...headers } })
}

export function introspect(
  provider: Provider,
  party: Party,
  form: Parameters,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return provider.ask('/oauth/introspect', { headers: { ...basic(party), ...headers }, form })
}

/** The ID token's claims, its signature checked. */
export async function idTokenClaims(provider: Provider, idToken: string | undefined): Promise<JWTPayload> {
  const { body } = await provider.ask('/.well-known/jwks.json')
  const { payload } = await jwtVerify(idToken ?? '', createLocalJWKSet(body), { currentDate: provider.now() })
  return payload
}

export function isInvalidClient(t: Test, answer: Answer, what: string): void {
  t.match(answer, { status: 401, body: { error: 'invalid_client' } }, what)
}

/** A key pair of a client. */
export interface ClientKey {
  readonly alg: string
  readonly privateKey: CryptoKey
  /** With kid, alg and use. */
  readonly publicJwk: JWK & { readonly kty: string }
  readonly thumbprint: string
}

export async function clientKey(alg = 'ES256', kid: string = randomUUID()): Promise<ClientKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = await exportJWK(publicKey)
  return {
    alg,
    privateKey,
    publicJwk: { ...jwk, kty: jwk.kty as string, kid, alg, use: 'sig' },
    thumbprint: await calculateJwkThumbprint(jwk),
  }
}

/** Signs claims as the client does. */
export function signed(
  key: ClientKey,
  claims: Readonly<Record<string, unknown>>,
  header: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  return new SignJWT(without(claims))
    .setProtectedHeader({ alg: key.alg, kid: key.publicJwk.kid, ...header })
    .sign(key.privateKey)
}

/** The parameters of private_key_jwt (RFC 7523 section 2.2). `over` adds, replaces and takes out claims. */
export async function assertion(
  provider: Provider,
  party: Party,
  key: ClientKey,
  over: Readonly<Record<string, unknown>> = {},
): Promise<Record<string, string>> {
  const now = Math.floor(provider.now().getTime() / 1000)
  return {
    client_id: party.id,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await signed(key, {
      iss: party.id,
      sub: party.id,
      aud: provider.issuer,
      iat: now,
      exp: now + 60,
      jti: randomUUID(),
      ...over,
    }),
  }
}

/** A client that signs its assertions; a strict one where `profile` says so. */
export async function assertingParty(
  provider: Provider,
  alg = 'ES256',
  profile: 'oauth2.1' | 'fapi2' = 'oauth2.1',
): Promise<{ party: Party; key: ClientKey }> {
  const key = await clientKey(alg)
  const party = await provider.client({
    profile,
    metadata: { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.publicJwk] } },
  })
  return { party: { ...party, secret: '' }, key }
}

/** A DPoP proof (RFC 9449 section 4.2). `over` adds, replaces and takes out claims; `header` likewise. */
export async function dpop(
  provider: Provider,
  key: ClientKey,
  request: { readonly method: string; readonly url: string; readonly accessToken?: string },
  over: Readonly<Record<string, unknown>> = {},
  header: Readonly<Record<string, unknown>> = {},
): Promise<{ dpop: string }> {
  const { kid: _, use: __, alg: ___, ...jwk } = key.publicJwk
  const claims = without({
    jti: randomUUID(),
    htm: request.method,
    htu: request.url,
    iat: Math.floor(provider.now().getTime() / 1000),
    ...(request.accessToken !== undefined && {
      ath: createHash('sha256').update(request.accessToken).digest('base64url'),
    }),
    ...over,
  })
  const proof = await new SignJWT(claims)
    .setProtectedHeader({ typ: 'dpop+jwt', alg: key.alg, jwk, ...header })
    .sign(key.privateKey)
  return { dpop: proof }
}

function without<T>(fields: Readonly<Record<string, T | undefined>>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(fields).filter((field): field is [string, T] => field[1] !== undefined),
  )
}
