import * as z from 'zod'
import { publicJwk } from '../../lib/public-jwk.ts'
import { redirectUriProblem } from '../../lib/redirect-uri.ts'
import { distinct, flag, label, listOf, oneOf, text, without } from '../../lib/schema.ts'
import { httpsUrlProblem, serverUrlProblem, withoutFragment } from '../../lib/server-url.ts'
import { SIGNING_ALGORITHMS } from '../../model/authorization.ts'
import { CLIENT_AUTHENTICATION_METHODS, type ClientMetadata } from '../../model/client-metadata.ts'
import { VERIFIED_ALGORITHMS } from './profiles.ts'

/** Printable ASCII, as names of things have it that people do not read. */
const token = text()
  .min(1, 'must not be empty')
  .max(255, 'must have at most 255 characters')
  .regex(/^[\x20-\x7E]*$/, 'must be printable ASCII')
const serverUrl = without(withoutFragment(serverUrlProblem))
const httpsUrl = without(withoutFragment(httpsUrlProblem))
const verified = oneOf(VERIFIED_ALGORITHMS)
const signing = oneOf(SIGNING_ALGORITHMS)

/** The members of {@link ClientMetadata}, each by itself. What they mean together is {@link clientProblems}' matter. */
export const clientMetadataMembers = {
  token_endpoint_auth_method: oneOf(CLIENT_AUTHENTICATION_METHODS).optional(),
  token_endpoint_auth_signing_alg: verified.optional(),
  jwks: z
    .object(
      {
        keys: listOf(publicJwk, 'must be a list of keys')
          .min(1, 'must have a key')
          .max(20, 'must have at most 20 keys'),
      },
      'must be a JWK Set (RFC 7517 section 5)',
    )
    .optional(),
  jwks_uri: serverUrl.optional(),
  contacts: distinct(label).optional(),
  software_id: label.optional(),
  software_version: label.optional(),
  application_type: oneOf(['web', 'native']).optional(),

  subject_type: oneOf(['public', 'pairwise']).optional(),
  sector_identifier_uri: httpsUrl.optional(),
  id_token_signed_response_alg: signing.optional(),
  userinfo_signed_response_alg: signing.optional(),
  request_object_signing_alg: verified.optional(),
  default_max_age: z
    .int('must be a whole number of seconds')
    .min(0, 'must not be negative')
    .max(999_999_999, 'must have at most 9 digits')
    .optional(),
  require_auth_time: flag.optional(),
  default_acr_values: distinct(token).optional(),
  initiate_login_uri: httpsUrl.optional(),
  // OpenID Connect Core section 6.2: the fragment may be a hash of the request object.
  request_uris: distinct(without(httpsUrlProblem)).optional(),

  post_logout_redirect_uris: distinct(without(redirectUriProblem)).optional(),
  backchannel_logout_uri: serverUrl.optional(),
  backchannel_logout_session_required: flag.optional(),

  require_pushed_authorization_requests: flag.optional(),
  require_signed_request_object: flag.optional(),
  dpop_bound_access_tokens: flag.optional(),
  tls_client_certificate_bound_access_tokens: flag.optional(),
  tls_client_auth_subject_dn: label.optional(),
  tls_client_auth_san_dns: token.optional(),
  tls_client_auth_san_uri: token.optional(),
  tls_client_auth_san_ip: token.optional(),
  tls_client_auth_san_email: token.optional(),

  authorization_signed_response_alg: signing.optional(),
  introspection_signed_response_alg: signing.optional(),
  authorization_details_types: distinct(token).optional(),
} satisfies Record<keyof ClientMetadata, z.ZodType>
