import type { Client } from '../../model/client.ts'
import type { ClientMetadata } from '../../model/client-metadata.ts'
import { type Profile, profileOf } from './profiles.ts'

/** What decides whether a client makes sense as a whole. */
export type ClientRules = Pick<
  Client,
  'type' | 'profile' | 'grantTypes' | 'redirectUris' | 'requirePkce' | 'linksSecretsToDomains' | 'metadata'
>

/** Where something is wrong, and what, in words that follow the field's name. */
export interface ClientProblem {
  readonly path: readonly [field: keyof ClientRules, member?: keyof ClientMetadata]
  readonly problem: string
}

/** RFC 8705 section 2.1.2: the subject of a client's certificate, named in exactly one way. */
const CERTIFICATE_SUBJECTS = [
  'tls_client_auth_subject_dn',
  'tls_client_auth_san_dns',
  'tls_client_auth_san_uri',
  'tls_client_auth_san_ip',
  'tls_client_auth_san_email',
] as const

/** Whether a client proves itself with a secret; where it says nothing, a confidential one does. */
export function usesSecrets({ type, metadata }: Pick<Client, 'type' | 'metadata'>): boolean {
  const method = metadata.token_endpoint_auth_method
  if (type === 'public') return false
  return method === undefined || method === 'client_secret_basic' || method === 'client_secret_post'
}

/** Everything that does not fit together in a client. Whoever makes a client, by whatever way, asks here. */
export function clientProblems(client: ClientRules): readonly ClientProblem[] {
  const profile = profileOf(client)
  return [
    ...publicClient(client),
    ...authentication(client, profile),
    ...keys(client),
    ...algorithms(client, profile),
    ...subjects(client),
    ...applicationType(client),
    ...httpRedirects(client, profile),
    ...(profile.pkceOptional || client.requirePkce
      ? []
      : [{ path: ['requirePkce'], problem: `must be on under the profile ${client.profile}` } as const]),
  ]
}

/** What a public client cannot be given, because it can keep no secret (RFC 6749 section 2.1). */
function* publicClient({
  type,
  grantTypes,
  requirePkce,
  linksSecretsToDomains,
}: ClientRules): Iterable<ClientProblem> {
  if (type !== 'public') return
  if (grantTypes.includes('client_credentials')) {
    const problem = 'must not have client_credentials for a public client (RFC 6749 section 4.4)'
    yield { path: ['grantTypes'], problem }
  }
  if (grantTypes.includes('urn:ietf:params:oauth:grant-type:token-exchange')) {
    const problem = 'must not have token exchange for a public client (RFC 8693 section 5)'
    yield { path: ['grantTypes'], problem }
  }
  if (!requirePkce) {
    yield {
      path: ['requirePkce'],
      problem: 'must be on for a public client (RFC 9700 section 2.1.1)',
    }
  }
  if (linksSecretsToDomains) {
    yield {
      path: ['linksSecretsToDomains'],
      problem: 'must be off for a public client: it has no secrets',
    }
  }
}

function* authentication(client: ClientRules, profile: Profile): Iterable<ClientProblem> {
  const { type, metadata } = client
  const method = metadata.token_endpoint_auth_method ?? (type === 'public' ? 'none' : 'client_secret_basic')
  const path = ['metadata', 'token_endpoint_auth_method'] as const
  if (type === 'public' && method !== 'none') {
    yield { path, problem: 'must be none for a public client' }
  } else if (type === 'confidential' && method === 'none') {
    yield { path, problem: 'must not be none for a confidential client; make it public instead' }
  } else if (!profile.authenticationMethods.includes(method)) {
    const allowed = profile.authenticationMethods.join(', ')
    yield { path, problem: `must be one of ${allowed} under the profile ${client.profile}` }
  }
  if (method !== 'tls_client_auth') return
  const named = CERTIFICATE_SUBJECTS.filter(member => metadata[member] !== undefined)
  if (named.length === 1) return
  yield {
    path: ['metadata', named[1] ?? 'tls_client_auth_subject_dn'],
    problem: `must be the only one given of ${CERTIFICATE_SUBJECTS.join(', ')} (RFC 8705 section 2.1.2)`,
  }
}

function* keys({ metadata }: ClientRules): Iterable<ClientProblem> {
  if (metadata.jwks !== undefined && metadata.jwks_uri !== undefined) {
    yield {
      path: ['metadata', 'jwks_uri'],
      problem: 'must not be given together with jwks (RFC 7591 section 2)',
    }
  }
  if (metadata.jwks !== undefined || metadata.jwks_uri !== undefined) return
  const reason = reasonForKeys(metadata)
  if (reason === undefined) return
  yield { path: ['metadata', 'jwks'], problem: `is required with ${reason}; jwks_uri can stand for it` }
}

function reasonForKeys(metadata: ClientMetadata): string | undefined {
  const method = metadata.token_endpoint_auth_method
  if (method === 'private_key_jwt' || method === 'self_signed_tls_client_auth') return method
  if (metadata.require_signed_request_object) return 'require_signed_request_object'
  return metadata.request_object_signing_alg === undefined ? undefined : 'request_object_signing_alg'
}

const VERIFIED = ['token_endpoint_auth_signing_alg', 'request_object_signing_alg'] as const
const SIGNED = [
  'id_token_signed_response_alg',
  'userinfo_signed_response_alg',
  'authorization_signed_response_alg',
  'introspection_signed_response_alg',
] as const

function* algorithms({ metadata, profile: name }: ClientRules, profile: Profile): Iterable<ClientProblem> {
  const tables: [members: readonly (keyof ClientMetadata)[], allowed: readonly string[]][] = [
    [VERIFIED, profile.verifiedAlgorithms],
    [SIGNED, profile.signingAlgorithms],
  ]
  for (const [members, allowed] of tables) {
    for (const member of members) {
      const algorithm = metadata[member]
      if (algorithm === undefined || allowed.some(one => one === algorithm)) continue
      yield {
        path: ['metadata', member],
        problem: `must be one of ${allowed.join(', ')} under the profile ${name}`,
      }
    }
  }
}

/** OpenID Connect Core section 8.1: the host of a pairwise client's addresses is its sector, so there must be one. */
function* subjects({ metadata, redirectUris }: ClientRules): Iterable<ClientProblem> {
  if (metadata.subject_type !== 'pairwise' || metadata.sector_identifier_uri !== undefined) return
  const hosts = new Set(redirectUris.map(uri => (URL.canParse(uri) ? new URL(uri).hostname : '')))
  if (hosts.size === 1 && !hosts.has('')) return
  yield {
    path: ['metadata', 'sector_identifier_uri'],
    problem: 'is required for pairwise subjects, unless all redirect URIs have one host',
  }
}

/** OpenID Connect Dynamic Client Registration section 2: an app's own scheme is for what runs on the user's device. */
function* applicationType({ metadata, redirectUris }: ClientRules): Iterable<ClientProblem> {
  if (metadata.application_type !== 'web') return
  if (redirectUris.every(uri => /^https?:/i.test(uri))) return
  yield {
    path: ['redirectUris'],
    problem: 'must begin with https:// where the application_type is web; an app’s own scheme needs native',
  }
}

const LOOPBACK_IP = /^http:\/\/(?:127\.0\.0\.1|\[::1\])(?:[:/?]|$)/i

function* httpRedirects(
  { metadata, profile: name, redirectUris }: ClientRules,
  profile: Profile,
): Iterable<ClientProblem> {
  if (!profile.httpOnlyForNativeLoopback) return
  const isNative = metadata.application_type === 'native'
  const refused = redirectUris.some(uri => /^http:/i.test(uri) && !(isNative && LOOPBACK_IP.test(uri)))
  if (!refused) return
  yield {
    path: ['redirectUris'],
    problem: `must begin with https:// under the profile ${name}; http:// is for 127.0.0.1 and [::1] of native clients`,
  }
}
