import { decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose'
import { verifyClientJwt } from '../../context/clients/client-keys.ts'
import { type Profile, profileOf } from '../../context/clients/profiles.ts'
import type { Context } from '../../context/context.ts'
import type { Call } from '../../context/endpoint.ts'
import type { Client } from '../../model/client.ts'
import { invalidRequest, type Parameters } from '../parameters.ts'
import { TOKEN_PATH } from '../token-path.ts'
import { Refused } from './proof.ts'

const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** How far a client's clock may be from ours. */
const SKEW_SECONDS = 10
/** How far off an assertion may end: so long its `jti` has to be remembered. */
const MAX_LIFETIME_SECONDS = 3600

/**
 * The client that an assertion speaks of (RFC 7523 section 3), before anything of it is verified.
 * @throws {HttpError} 400 `invalid_request` when a part of it is missing, or it is of another type
 */
export function assertionClientId({
  client_assertion,
  client_assertion_type,
}: Parameters): string | undefined {
  if (client_assertion === undefined) throw invalidRequest('Send the client_assertion too.')
  if (client_assertion_type !== JWT_BEARER) throw invalidRequest(`Send client_assertion_type=${JWT_BEARER}.`)
  try {
    const { iss, sub } = decodeJwt(client_assertion)
    return typeof sub === 'string' && iss === sub ? sub : undefined
  } catch {
    return undefined
  }
}

/**
 * `private_key_jwt` (OpenID Connect Core section 9, RFC 7523 section 3).
 * @throws {Refused}
 */
export async function proveAssertion(
  context: Context,
  call: Call,
  client: Client,
  assertion: string,
): Promise<'private_key_jwt'> {
  if (client.metadata.token_endpoint_auth_method !== 'private_key_jwt') {
    throw new Refused('it did not register private_key_jwt')
  }
  const profile = profileOf(client)
  const claims = await verifiedClaims(context, client, profile, assertion)
  checkAudience(context, call, profile, claims.aud)
  const now = context.now()
  const seconds = Math.floor(now.getTime() / 1000)
  const { exp = 0, iat, jti } = claims
  if (exp > seconds + MAX_LIFETIME_SECONDS + SKEW_SECONDS) throw new Refused('exp is more than an hour away')
  if (iat !== undefined && !(iat <= seconds + SKEW_SECONDS)) throw new Refused('iat is in the future')
  if (typeof jti !== 'string' || jti === '') throw new Refused('jti is not a text')
  // Last, so that nobody without the key can use up a jti.
  const until = new Date((exp + SKEW_SECONDS + 1) * 1000)
  if (!(await context.storage.replays.remember(`assertion ${client.id} ${jti}`, until, now))) {
    throw new Refused('it was used before')
  }
  return 'private_key_jwt'
}

async function verifiedClaims(
  context: Context,
  client: Client,
  profile: Profile,
  assertion: string,
): Promise<JWTPayload> {
  const registered = client.metadata.token_endpoint_auth_signing_alg
  const algorithms = profile.verifiedAlgorithms.filter(alg => registered === undefined || alg === registered)
  try {
    const { alg } = decodeProtectedHeader(assertion)
    if (alg === undefined || !algorithms.includes(alg))
      throw new Refused(`alg is not ${algorithms.join(' or ')}`)
    const { payload } = await verifyClientJwt(context, client, assertion, {
      algorithms,
      issuer: client.id,
      subject: client.id,
      requiredClaims: ['iss', 'sub', 'aud', 'exp', 'jti'],
      currentDate: context.now(),
      clockTolerance: SKEW_SECONDS,
    })
    return payload
  } catch (error) {
    if (error instanceof Refused) throw error
    // One of jose's, or the client's jwks_uri could not be read: either way there is no proof.
    throw new Refused(error instanceof Error ? error.message : String(error))
  }
}

/**
 * RFC 7523 section 3: the authorization server, by its issuer or its token endpoint, or, as RFC 9126 section 2 has it, by the
 * endpoint that is called. FAPI 2.0 section 5.3.2.1 takes the issuer alone, as a string, so that no other server can pass an assertion on.
 */
function checkAudience(
  { config }: Context,
  { baseUrl, request }: Call,
  profile: Profile,
  aud: JWTPayload['aud'],
): void {
  if (profile.strictAssertionAudience) {
    if (aud !== baseUrl) throw new Refused('aud is not the issuer as a single string')
    return
  }
  const { mtlsBaseUrl } = config.oauth
  // The endpoints may have another address besides (RFC 8705 section 5); the issuer has one.
  const addresses = mtlsBaseUrl === undefined ? [baseUrl] : [baseUrl, mtlsBaseUrl]
  const good = [baseUrl, ...addresses.flatMap(address => [address + TOKEN_PATH, address + request.path])]
  const named = Array.isArray(aud) ? aud : [aud]
  if (!named.some(one => one !== undefined && good.includes(one))) throw new Refused('aud is not this server')
}
