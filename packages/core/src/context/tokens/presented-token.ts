import { HttpError } from '../../errors.ts'
import { type HttpHeaders, header } from '../../http/request.ts'
import { constantTimeEqual, sha256 } from '../../lib/hash.ts'
import type { Context, KnownToken } from '../context.ts'
import { certificateThumbprint } from './certificate.ts'
import { DPOP_ALGORITHMS, verifyDpopProof } from './dpop.ts'

/** What is looked at of a request that carries an access token. */
export interface TokenRequest {
  readonly headers: HttpHeaders
  readonly method: string
  /** The request's address as the caller should see it. */
  readonly url: string
  /** The caller's certificate, where mutual TLS was spoken. */
  readonly certificate?: string | undefined
  /** A form that may carry the token in its body (RFC 6750 section 2.2). */
  readonly form?: URLSearchParams | undefined
  /** The address of the resource's metadata, for whoever is refused (RFC 9728 section 5.1). */
  readonly resourceMetadata?: string | undefined
  /** The scope that the resource wants, for whoever comes without a token that is good (RFC 6750 section 3). */
  readonly scope?: string | undefined
}

/** What a refusal depends on. */
type Refused = Pick<TokenRequest, 'headers' | 'resourceMetadata' | 'scope'>

type Scheme = 'Bearer' | 'DPoP'

interface Presented {
  readonly scheme: Scheme
  readonly value: string
}

/**
 * Finds the access token of a request and proves that its bearer may use it: RFC 6750 section 2, RFC 9449 section 7, RFC 8705
 * section 3. A token in the query is never looked at (RFC 9700 section 4.3.2).
 * @throws {HttpError} 400 `invalid_request`, 401 `invalid_token`, `invalid_dpop_proof` or `use_dpop_nonce`, each with the
 *   challenge that its specification asks for
 */
export async function authenticateToken(context: Context, request: TokenRequest): Promise<KnownToken> {
  const { scheme, value } = presentedToken(request)
  const known = await context.accessTokens.find(sha256(value))
  if (known === undefined) throw invalidToken(request)
  await checkBinding(context, request, { scheme, value }, known)
  return known
}

/**
 * The token was not given what the request needs.
 * @param scope the scope that would do
 */
export function insufficientScope(request: TokenRequest, scope: string): HttpError {
  const { headers, resourceMetadata } = request
  const message = `The access token was not given the scope ${scope}.`
  return tokenError(403, 'insufficient_scope', message, { headers, resourceMetadata, scope })
}

/** The token is none that is good for this; one answer for every reason. */
export function invalidToken(request: TokenRequest): HttpError {
  const message = 'The access token is unknown, revoked, expired, or was given for something else.'
  return tokenError(401, 'invalid_token', message, request)
}

const CREDENTIALS = /^(Bearer|DPoP) +([\w.~+/-]+=*) *$/i

function presentedToken(request: TokenRequest): Presented {
  const authorization = header(request.headers, 'authorization')
  const inBody = request.form?.getAll('access_token') ?? []
  if ((authorization !== undefined && inBody.length > 0) || inBody.length > 1) {
    throw tokenError(400, 'invalid_request', 'Send the access token in one way and once.', request)
  }
  const value = CREDENTIALS.exec(authorization ?? '')?.[2]
  if (value !== undefined) return { scheme: schemeOf(request), value }
  const [posted] = inBody
  if (posted !== undefined && posted !== '') return { scheme: 'Bearer', value: posted }
  // RFC 6750 section 3.1: a request without any token is told the schemes and nothing more.
  throw new HttpError(401, 'invalid_token', 'Send an access token as Authorization: Bearer.', {
    headers: { 'www-authenticate': challenges(request, {}) },
  })
}

/** Whether a token that is bound to a key or a certificate comes from whoever has it; a bound one is no bearer token. */
async function checkBinding(
  context: Context,
  request: TokenRequest,
  { scheme, value }: Presented,
  { token }: KnownToken,
): Promise<void> {
  const jkt = token.confirmation?.jkt
  const thumbprint = token.confirmation?.['x5t#S256']
  if ((scheme === 'DPoP') !== (jkt !== undefined)) throw invalidToken(request)
  if (thumbprint !== undefined) {
    const { certificate } = request
    if (certificate === undefined || !constantTimeEqual(certificateThumbprint(certificate), thumbprint)) {
      throw invalidToken(request)
    }
  }
  if (jkt === undefined) return
  const proven = await provenKey(context, request, value)
  if (proven === undefined || !constantTimeEqual(proven, jkt)) {
    const message = 'Send a DPoP proof by the key that the access token is bound to.'
    throw tokenError(401, 'invalid_dpop_proof', message, request)
  }
}

/** The proof's own refusals, as a resource says them (RFC 9449 sections 7.1 and 9). */
async function provenKey(
  context: Context,
  request: TokenRequest,
  accessToken: string,
): Promise<string | undefined> {
  const { headers, method, url } = request
  try {
    return await verifyDpopProof(context, { headers, method, url, accessToken })
  } catch (error) {
    if (!(error instanceof HttpError)) throw error
    throw tokenError(401, error.code, error.message, request, error.headers)
  }
}

function schemeOf({ headers }: Refused): Scheme {
  return /^dpop /i.test(header(headers, 'authorization') ?? '') ? 'DPoP' : 'Bearer'
}

function tokenError(
  status: number,
  code: string,
  message: string,
  request: Refused,
  headers: Readonly<Record<string, string>> = {},
): HttpError {
  const fields = { error: code, error_description: message }
  return new HttpError(status, code, message, {
    headers: { ...headers, 'www-authenticate': challenges(request, fields) },
  })
}

/**
 * The challenges of a refusal (RFC 9110 section 11.6.1). Who came as a bearer is told of DPoP as well (RFC 9449 section 7.1);
 * who has shown a key is not told of anything weaker. The values are our own words, and scopes, which need no escaping.
 */
function challenges(request: Refused, error: Readonly<Record<string, string>>): string {
  const { resourceMetadata, scope } = request
  const fields = {
    ...error,
    ...(scope !== undefined && { scope }),
    ...(resourceMetadata !== undefined && { resource_metadata: resourceMetadata }),
  }
  const dpop = { realm: 'XWMS', algs: DPOP_ALGORITHMS.join(' ') }
  if (schemeOf(request) === 'DPoP') return challenge('DPoP', { ...dpop, ...fields })
  return `${challenge('Bearer', { realm: 'XWMS', ...fields })}, ${challenge('DPoP', dpop)}`
}

function challenge(scheme: Scheme, fields: Readonly<Record<string, string>>): string {
  return `${scheme} ${Object.entries(fields)
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ')}`
}
