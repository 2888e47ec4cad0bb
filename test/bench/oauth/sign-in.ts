import { createLocalJWKSet, jwtVerify } from 'jose'
import { Browser, exchange } from './browser.ts'
import type { Introduction } from './server.ts'
import { NONCE, type Person, REDIRECT_URI } from './setting.ts'
import { authorizationPath, codeExchange, codeIn, type Kept, type SignedIn } from './workloads.ts'

/**
 * Signs somebody in with a browser of their own, who approves the client, and gets the client its tokens. The ID token is
 * verified as a client would.
 * @throws {Error} when anything on the way is not as it should be
 */
export async function signIn(server: Introduction, person: Person): Promise<SignedIn> {
  const browser = new Browser()
  const authorize = new URL(authorizationPath(server, person.email), server.origin)
  const kept: Kept = { code: codeIn((await browser.goThrough(authorize, REDIRECT_URI)).href) }

  const { method, path, headers, body, check } = codeExchange(server)
  const form = typeof body === 'function' ? body(kept) : body
  const tokens = await exchange(new URL(path, server.origin), {
    method,
    headers,
    body: form,
  })
  try {
    check(tokens, kept)
  } catch (error) {
    throw new Error(`${path} answered ${tokens.status}, but ${(error as Error).message}: ${tokens.body}`)
  }
  const { sub } = await verify(server, kept.idToken ?? '')
  return { sub, cookie: browser.cookieFor(authorize) ?? '', accessToken: kept.accessToken ?? '' }
}

async function verify({ origin, paths, client }: Introduction, idToken: string): Promise<{ sub: string }> {
  const jwks = JSON.parse((await exchange(new URL(paths.jwks, origin), {})).body)
  const { payload } = await jwtVerify(idToken, createLocalJWKSet(jwks), {
    audience: client.id,
    algorithms: ['ES256'],
    requiredClaims: ['sub', 'exp', 'iat', 'iss'],
  })
  if (payload.nonce !== NONCE) throw new Error('The ID token is not for this sign-in.')
  return { sub: payload.sub ?? '' }
}
