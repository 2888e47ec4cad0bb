import { askFor } from './ask.ts'
import { type Browser, fieldOf, type Page } from './browser.ts'
import type { Pair } from './draft.ts'
import { CODE_VERIFIER, type Introduction } from './introduction.ts'
import type { OpenForm, OwnForm, Registration, TokenSet } from './material.ts'
import type { Random } from './random.ts'
import { plainRequest } from './requests/authorization-request.ts'
import { dpop, prove } from './requests/client-authentication.ts'
import { clientMetadata, someAddress } from './requests/registration.ts'
import type { Party, Scene } from './scene.ts'

// What a browser and a client do when all goes well.

/** Signs the user in in a browser. */
export async function signIn(browser: Browser, { email, password }: Introduction): Promise<void> {
  const page = await browser.get('/account')
  await browser.post('/sign-in?return_to=account', {
    csrf_token: fieldOf(page, 'csrf_token'),
    login: email,
    password,
  })
}

/** Asks for a code; approves what was not approved before. */
export async function codeFor(
  scene: Scene,
  browser: Browser,
  random: Random,
  party: Party,
  more: readonly Pair[],
): Promise<string> {
  const path = party.pushes
    ? `/oauth/authorize?${new URLSearchParams({ client_id: party.id, request_uri: await push(scene, random, party, more) })}`
    : authorizationPath(party, ...more)
  const page = await browser.get(path)
  return atTheEnd(page.leftFor ? page : await allow(browser, page), 'code')
}

function allow(browser: Browser, page: Page): Promise<Page> {
  const { interaction, csrfToken } = openForm(browser, page)
  return browser.post('/consent', { interaction, csrf_token: csrfToken, decision: 'allow' })
}

export async function push(
  scene: Scene,
  random: Random,
  party: Party,
  more: readonly Pair[],
): Promise<string> {
  const path = '/oauth/par'
  const { form, headers } = prove(scene, random, party, path)
  const parameters = plainRequest(party).filter(([name]) => !form.some(([known]) => known === name))
  const { request_uri } = await askFor<{ request_uri: string }>(scene.url, path, 201, {
    form: [...form, ...parameters, ...more],
    headers,
  })
  return request_uri
}

export async function tokensFor(
  scene: Scene,
  random: Random,
  party: Party,
  code: string,
  more: readonly Pair[] = [],
): Promise<TokenSet> {
  const path = '/oauth/token'
  const { form, headers } = prove(scene, random, party, path)
  const key = party.bound ? party.keys[0] : undefined
  const proof = key && { dpop: dpop(scene, random, key, { method: 'POST', path }) }
  const grant: Pair[] = [
    ['grant_type', 'authorization_code'],
    ['code', code],
    ['redirect_uri', party.redirectUri],
    ['code_verifier', CODE_VERIFIER],
  ]
  const tokens = await askFor<{ access_token: string; refresh_token?: string; id_token?: string }>(
    scene.url,
    path,
    200,
    { form: [...grant, ...form, ...more], headers: { ...headers, ...proof } },
  )
  return {
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token,
    idToken: tokens.id_token,
    key,
    certificate: party.certificate,
  }
}

export function device(scene: Scene, random: Random, party: Party) {
  const path = '/oauth/device_authorization'
  const { form, headers } = prove(scene, random, party, path)
  return askFor<{ device_code: string; user_code: string }>(scene.url, path, 200, {
    form: [...form, ['scope', 'openid profile']],
    headers,
  })
}

export async function registration(scene: Scene, random: Random): Promise<Registration> {
  const registered = await askFor<{
    client_id: string
    client_secret?: string
    registration_access_token: string
  }>(scene.url, '/oauth/register', 201, {
    json: plainMetadata(scene, random),
    headers: { authorization: `Bearer ${scene.initialAccessToken}`, 'x-forwarded-for': someAddress(random) },
  })
  return {
    clientId: registered.client_id,
    token: registered.registration_access_token,
    secret: registered.client_secret,
  }
}

/** Without what may be refused by the far side's mood. */
function plainMetadata(scene: Scene, random: Random): object {
  const {
    sector_identifier_uri: _,
    application_type: _type,
    subject_type: _subject,
    ...metadata
  } = clientMetadata(scene, random)
  return metadata
}

export function authorizationPath(party: Party, ...more: readonly Pair[]): string {
  return `/oauth/authorize?${new URLSearchParams([...plainRequest(party), ...more])}`
}

export function openForm(browser: Browser, page: Page): OpenForm {
  return { ...ownForm(browser, page), interaction: fieldOf(page, 'interaction') }
}

export function ownForm(browser: Browser, page: Page): OwnForm {
  return { csrfToken: fieldOf(page, 'csrf_token'), cookie: browser.cookie }
}

/** What the client is given when the browser comes back to it. */
export function atTheEnd({ leftFor, status, text }: Page, name: string): string {
  const value = leftFor?.searchParams.get(name)
  if (value) return value
  throw new Error(`The sign-in gave no ${name}, but ${leftFor ?? `status ${status}: ${text.slice(0, 2000)}`}`)
}

/** The headers by which the client's backend calls. */
export function credentialHeaders(introduction: Introduction): Record<string, string> {
  const { clientId, clientSecret, domain } = introduction
  return { 'x-client-id': clientId, 'x-client-secret': clientSecret, 'x-client-domain': domain }
}

async function call<Data>(scene: Scene, path: string, json: object): Promise<Data> {
  const asked = { headers: credentialHeaders(scene), json }
  const { data } = await askFor<{ data: Data }>(scene.url, path, 200, asked)
  return data
}

export async function signTokenUrl(scene: Scene): Promise<string> {
  const { url } = await call<{ url: string }>(scene, '/api/sign-token', { redirect_url: scene.redirectUri })
  return url
}

export async function createAddress(scene: Scene): Promise<number> {
  const { address } = await call<{ address: { id: number } }>(scene, '/api/user/address', {
    sub: scene.sub,
    action: 'create',
    address: { country: 'NL', street: 'Canal', city: 'Utrecht' },
  })
  return address.id
}
