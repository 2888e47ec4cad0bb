import type { IncomingHttpHeaders } from 'node:http'
import { type Answer, BROWSER_HEADERS } from './browser.ts'
import type { Introduction } from './server.ts'
import { CHALLENGE, NONCE, REDIRECT_URI, SCOPES, SERVICE_SCOPE, STATE, VERIFIER } from './setting.ts'

/** Somebody who has signed in at a server and approved its client. */
export interface SignedIn {
  readonly sub: string
  /** The `Cookie` header of their browser at the authorization endpoint. */
  readonly cookie: string
  readonly accessToken: string
}

/** What one step of a round trip leaves for the next. */
export type Kept = Record<string, string>

/** One request, with what has to come back. */
export interface Step {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | ((kept: Kept) => string)
  /** @throws {Error} that says what is wrong with the answer */
  readonly check: (answer: Answer, kept: Kept) => void
}

/** What one connection does over and over. */
export interface Workload {
  readonly name: string
  /** What is counted. */
  readonly unit: 'request' | 'flow'
  readonly steps: (server: Introduction, person: SignedIn) => readonly Step[]
}

/** In the order in which they run: first those that store nothing, so that every storage is as it was for each of them. */
export const WORKLOADS: readonly Workload[] = [
  { name: 'introspection', unit: 'request', steps: (server, person) => [introspection(server, person)] },
  { name: 'userinfo', unit: 'request', steps: (server, person) => [userinfo(server, person)] },
  {
    name: 'code-flow',
    unit: 'flow',
    steps: (server, person) => [authorization(server, person), codeExchange(server)],
  },
  { name: 'client-credentials', unit: 'request', steps: server => [clientCredentials(server)] },
]

function introspection(server: Introduction, { accessToken, sub }: SignedIn): Step {
  return {
    method: 'POST',
    path: server.paths.introspect,
    headers: formHeaders(server),
    body: `token=${encodeURIComponent(accessToken)}&token_type_hint=access_token`,
    check(answer) {
      const body = json(answer)
      must(body.active === true, 'the token should be active')
      must(body.sub === sub && body.client_id === server.client.id, 'it should be this person’s and client’s')
    },
  }
}

function userinfo(server: Introduction, { accessToken, sub }: SignedIn): Step {
  return {
    method: 'GET',
    path: server.paths.userinfo,
    headers: { ...PROGRAM_HEADERS, authorization: `Bearer ${accessToken}` },
    check(answer) {
      const body = json(answer)
      must(body.sub === sub, 'it should be about this person')
      must(typeof body.name === 'string' && typeof body.email === 'string', 'it should have name and email')
    },
  }
}

function clientCredentials(server: Introduction): Step {
  return {
    method: 'POST',
    path: server.paths.token,
    headers: formHeaders(server),
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: SERVICE_SCOPE }).toString(),
    check: answer => void accessTokenIn(json(answer)),
  }
}

/** The address that a browser is sent to; `hint` says who is to sign in. */
export function authorizationPath({ paths, client }: Introduction, hint?: string): string {
  const parameters = new URLSearchParams({
    response_type: 'code',
    client_id: client.id,
    redirect_uri: REDIRECT_URI,
    scope: SCOPES.join(' '),
    state: STATE,
    nonce: NONCE,
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
  })
  if (hint !== undefined) parameters.set('login_hint', hint)
  return `${paths.authorize}?${parameters}`
}

function authorization(server: Introduction, { cookie }: SignedIn): Step {
  return {
    method: 'GET',
    path: authorizationPath(server),
    headers: { ...BROWSER_HEADERS, ...(cookie !== '' && { cookie }) },
    check({ status, headers }, kept) {
      must(status === 302 || status === 303, 'it should be a redirect')
      kept.code = codeIn(String(headers.location))
    },
  }
}

/** @throws {Error} when it is not the client's address with a code */
export function codeIn(location: string): string {
  must(location.startsWith(`${REDIRECT_URI}?`), `it should lead to the client, not to ${location}`)
  const { searchParams } = new URL(location)
  const code = searchParams.get('code')
  must(
    code !== null && searchParams.get('state') === STATE,
    `it should carry a code and the state: ${location}`,
  )
  return code as string
}

/** Exchanges the code that the step before kept. */
export function codeExchange(server: Introduction): Step {
  return {
    method: 'POST',
    path: server.paths.token,
    headers: formHeaders(server),
    body: ({ code = '' }) =>
      new URLSearchParams({
        grant_type: 'authorization_code',
        code,
        redirect_uri: REDIRECT_URI,
        code_verifier: VERIFIER,
      }).toString(),
    check(answer, kept) {
      const body = json(answer)
      kept.accessToken = accessTokenIn(body)
      kept.idToken = String(body.id_token)
      must(algorithmOf(kept.idToken) === 'ES256', 'the ID token should be signed with ES256')
    },
  }
}

const PROGRAM_HEADERS = { accept: 'application/json', 'user-agent': 'xwms-bench' }

function formHeaders({ client }: Introduction): Record<string, string> {
  const credentials = Buffer.from(`${client.id}:${client.secret}`).toString('base64')
  return {
    ...PROGRAM_HEADERS,
    authorization: `Basic ${credentials}`,
    'content-type': 'application/x-www-form-urlencoded',
  }
}

function json({ status, body }: Answer): Record<string, unknown> {
  must(status === 200, 'the status should be 200')
  return JSON.parse(body)
}

/** All contenders give opaque ones: one of them would sign the other kind, which is other work. */
function accessTokenIn({ access_token: token, token_type: type }: Record<string, unknown>): string {
  must(typeof token === 'string' && token.length >= 16, 'there should be an access token')
  must(!(token as string).includes('.'), 'the access token should be opaque')
  must(String(type).toLowerCase() === 'bearer', 'the token type should be Bearer')
  return token as string
}

/** By the first part of a token, which is the same for all tokens of a key. */
const algorithms = new Map<string, unknown>()

function algorithmOf(token: string): unknown {
  const header = token.slice(0, token.indexOf('.'))
  if (!algorithms.has(header)) {
    algorithms.set(header, JSON.parse(Buffer.from(header, 'base64url').toString() || '{}').alg)
  }
  return algorithms.get(header)
}

function must(right: boolean, what: string): asserts right {
  if (!right) throw new Error(what)
}

/** Names as node:http gives them. */
export function lowerCased(headers: Readonly<Record<string, string | string[]>>): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}
