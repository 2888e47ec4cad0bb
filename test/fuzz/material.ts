import { createHash } from 'node:crypto'
import { Browser, fieldOf, type Page } from './browser.ts'
import { type Introduction, SCOPES } from './introduction.ts'

/** A form of a page, as the page came with it, and the cookie of the browser that it came to. */
export interface OpenForm {
  readonly interaction: string
  readonly csrfToken: string
  readonly cookie: string
}

/** What valid requests are made of, gathered from the server as a browser and a client would. */
export interface Material extends Introduction {
  /** Of a browser in which the user is signed in. */
  readonly cookie: string
  /** Sign-ins under way, of both flows, that wait for a password. */
  readonly signInForms: readonly OpenForm[]
  /** Sign-ins under way that wait for a decision. */
  readonly consentForms: readonly OpenForm[]
  /** Authorization codes that nobody has redeemed, for {@link CODE_VERIFIER}. */
  readonly codes: readonly string[]
  /** Tokens of a sign-token callback that nobody has verified. */
  readonly callbackTokens: readonly string[]
  readonly accessToken: string
  readonly refreshToken: string
  readonly addressId: number
}

export const CODE_VERIFIER = 'a'.repeat(43)
export const CODE_CHALLENGE = createHash('sha256').update(CODE_VERIFIER).digest('base64url')

/** Of each kind: enough that a request that spends one leaves some for others. */
const OF_EACH_KIND = 4

/** Walks through both flows, and stops at every stage at which valid requests can go on. */
export async function gatherMaterial(introduction: Introduction): Promise<Material> {
  const browser = new Browser(introduction.url)
  await signIn(browser, introduction)

  const signInForms: OpenForm[] = []
  const consentForms: OpenForm[] = []
  const codes: string[] = []
  const callbackTokens: string[] = []
  for (let count = 0; count < OF_EACH_KIND; count++) {
    const stranger = new Browser(introduction.url)
    signInForms.push(openForm(stranger, await stranger.get(authorizationPath(introduction, 'login'))))
    signInForms.push(openForm(stranger, await stranger.get(await signTokenUrl(introduction))))
    consentForms.push(openForm(browser, await browser.get(authorizationPath(introduction, 'consent'))))
    codes.push(atTheEnd(await browser.get(authorizationPath(introduction)), 'code'))
    callbackTokens.push(atTheEnd(await browser.get(await signTokenUrl(introduction)), 'token'))
  }
  const tokens = await redeem(introduction, codes.pop() ?? '')
  return {
    ...introduction,
    cookie: browser.cookie,
    signInForms,
    consentForms,
    codes,
    callbackTokens,
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token,
    addressId: await createAddress(introduction),
  }
}

/** The parameters of a valid authorization request. */
export function authorizationParameters(introduction: Introduction, prompt?: string): [string, string][] {
  return [
    ['response_type', 'code'],
    ['client_id', introduction.clientId],
    ['redirect_uri', introduction.redirectUri],
    ['scope', SCOPES.join(' ')],
    ['state', 'a state'],
    ['nonce', 'a nonce'],
    ['code_challenge', CODE_CHALLENGE],
    ['code_challenge_method', 'S256'],
    ...(prompt ? [['prompt', prompt] as [string, string]] : []),
  ]
}

function authorizationPath(introduction: Introduction, prompt?: string): string {
  return `/oauth/authorize?${new URLSearchParams(authorizationParameters(introduction, prompt))}`
}

/** Signs the user in in a browser, and approves the client with every scope. */
async function signIn(browser: Browser, introduction: Introduction): Promise<void> {
  const signInPage = openForm(browser, await browser.get(authorizationPath(introduction)))
  const consentPage = await browser.post('/sign-in', {
    interaction: signInPage.interaction,
    csrf_token: signInPage.csrfToken,
    login: introduction.email,
    password: introduction.password,
  })
  // Approved in an earlier walk: there is nothing left to decide.
  if (consentPage.leftFor) return
  const { interaction, csrfToken } = openForm(browser, consentPage)
  atTheEnd(await browser.post('/consent', { interaction, csrf_token: csrfToken, decision: 'allow' }), 'code')
}

function openForm(browser: Browser, page: Page): OpenForm {
  return {
    interaction: fieldOf(page, 'interaction'),
    csrfToken: fieldOf(page, 'csrf_token'),
    cookie: browser.cookie,
  }
}

/** What the client is given when the browser comes back to it. */
function atTheEnd({ leftFor, status, text }: Page, name: string): string {
  const value = leftFor?.searchParams.get(name)
  if (value) return value
  throw new Error(`The sign-in gave no ${name}, but ${leftFor ?? `status ${status}: ${text.slice(0, 2000)}`}`)
}

/** The headers by which the client's backend calls. */
export function credentialHeaders(introduction: Introduction): Record<string, string> {
  const { clientId, clientSecret, domain } = introduction
  return { 'x-client-id': clientId, 'x-client-secret': clientSecret, 'x-client-domain': domain }
}

async function call<Data>(introduction: Introduction, path: string, body: object): Promise<Data> {
  const response = await fetch(`${introduction.url}${path}`, {
    method: 'POST',
    headers: { ...credentialHeaders(introduction), 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (response.status !== 200)
    throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
  const { data } = (await response.json()) as { data: Data }
  return data
}

async function signTokenUrl(introduction: Introduction): Promise<string> {
  const body = { redirect_url: introduction.redirectUri }
  const { url } = await call<{ url: string }>(introduction, '/api/sign-token', body)
  return url
}

async function createAddress(introduction: Introduction): Promise<number> {
  const { address } = await call<{ address: { id: number } }>(introduction, '/api/user/address', {
    sub: introduction.sub,
    action: 'create',
    address: { country: 'NL', street: 'Canal', city: 'Utrecht' },
  })
  return address.id
}

async function redeem(
  introduction: Introduction,
  code: string,
): Promise<{ access_token: string; refresh_token: string }> {
  const response = await fetch(`${introduction.url}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: introduction.redirectUri,
      code_verifier: CODE_VERIFIER,
      client_id: introduction.clientId,
      client_secret: introduction.clientSecret,
    }),
  })
  if (response.status !== 200)
    throw new Error(`/oauth/token answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as { access_token: string; refresh_token: string }
}
