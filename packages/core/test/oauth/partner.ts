import { randomBytes } from 'node:crypto'
import { sha256 } from '../../src/lib/hash.ts'
import type { User } from '../../src/model/user.ts'
import {
  type Asked,
  type Browser,
  CALLBACK,
  type Installation,
  type Page,
  type Registered,
} from '../installation.ts'

/** What the token endpoint answers. */
export interface TokenAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever an answer holds.
  readonly body: any
}

/** A PKCE verifier with its challenge. */
export function proofKey(): { readonly verifier: string; readonly challenge: string } {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: sha256(verifier) }
}

/** An authorization request as an ordinary OpenID client makes it. `undefined` leaves a parameter out. */
export function authorizationRequest(
  clientId: string,
  challenge: string,
  over: Readonly<Record<string, string | undefined>> = {},
): string {
  const parameters = new URLSearchParams()
  const asked = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: CALLBACK,
    scope: 'openid email offline_access',
    state: 'state-1',
    nonce: 'nonce-1',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...over,
  }
  for (const [name, value] of Object.entries(asked)) if (value !== undefined) parameters.append(name, value)
  return `/oauth/authorize?${parameters}`
}

/** Goes all the way from the authorization request to where the client gets its answer. */
export async function authorize(browser: Browser, url: string, user: User): Promise<URL> {
  let page: Page = await browser.get(url)
  if (page.view.page === 'sign-in') page = await browser.signIn(page, user)
  if (page.view.page === 'consent') page = await browser.decide(page, 'allow')
  return page.url
}

/** Calls the token endpoint in the name of a client. */
export async function token(
  { ask }: Installation,
  { client, value }: Pick<Registered, 'client' | 'value'>,
  form: Readonly<Record<string, string | undefined>>,
  over: Asked = {},
): Promise<TokenAnswer> {
  const given = {
    client_id: client.id,
    ...(client.type === 'confidential' && { client_secret: value }),
    ...form,
  }
  const sent = Object.entries(given).filter((pair): pair is [string, string] => pair[1] !== undefined)
  const { status, headers, body } = await ask('POST', '/oauth/token', {
    form: Object.fromEntries(sent),
    ...over,
  })
  return { status, headers, body: JSON.parse(body) }
}

/** An authorization request of a client's, and what redeems the code that it is answered with. */
export function requestOf(
  installation: Installation,
  shop: Registered,
  parameters: Readonly<Record<string, string | undefined>> = {},
): { readonly request: string; readonly redeem: (answered: URL) => Promise<TokenAnswer> } {
  const { verifier, challenge } = proofKey()
  return {
    request: authorizationRequest(shop.client.id, challenge, parameters),
    redeem: ({ searchParams }) =>
      token(installation, shop, {
        grant_type: 'authorization_code',
        code: searchParams.get('code') ?? '',
        redirect_uri: parameters.redirect_uri ?? CALLBACK,
        code_verifier: verifier,
      }),
  }
}

/** Signs a user in through a client and redeems the code: the tokens that the client then has. */
export async function tokensFor(
  installation: Installation,
  shop: Registered,
  user: User,
  parameters: Readonly<Record<string, string | undefined>> = {},
): Promise<TokenAnswer['body']> {
  const { request, redeem } = requestOf(installation, shop, parameters)
  const url = await authorize(installation.browser(), request, user)
  const answer = await redeem(url)
  if (answer.status !== 200) throw new Error(`${url} ${JSON.stringify(answer.body)}`)
  return answer.body
}

/** What the UserInfo endpoint answers to a token. */
export async function userinfo({ ask }: Installation, accessToken: string): Promise<TokenAnswer> {
  const { status, headers, body } = await ask('GET', '/oauth/userinfo', {
    headers: { authorization: `Bearer ${accessToken}` },
  })
  return { status, headers, body: JSON.parse(body) }
}

/** Has a user take something back between the moment in which a refresh token is looked at and that in which it is used. */
export function takesBackMeanwhile({ storage }: Installation, takeBack: () => Promise<boolean>): void {
  const { findRefreshToken } = storage.tokens
  const once = async (hash: string) => {
    const found = await findRefreshToken(hash)
    Object.assign(storage.tokens, { findRefreshToken })
    if (!(await takeBack())) throw new Error('There was nothing to take back.')
    return found
  }
  Object.assign(storage.tokens, { findRefreshToken: once })
}
