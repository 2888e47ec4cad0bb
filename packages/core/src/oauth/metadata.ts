import { VERIFIED_ALGORITHMS } from '../context/clients/profiles.ts'
import type { Context } from '../context/context.ts'
import type { Call, OpenEndpoint } from '../context/endpoint.ts'
import { offeredLocales } from '../context/pages/page-locale.ts'
import { ACR_VALUES } from '../context/sign-in/acr.ts'
import { DPOP_ALGORITHMS } from '../context/tokens/dpop.ts'
import { type HttpResponse, jsonResponse } from '../http/response.ts'
import { CLIENT_AUTHENTICATION_METHODS } from '../model/client-metadata.ts'
import { PROMPTS } from './authorization-request.ts'
import { AUTHORIZE_PATH } from './authorize.ts'
import { supportedClaims } from './claims.ts'
import { DEVICE_AUTHORIZATION_PATH } from './device-authorization.ts'
import { END_SESSION_PATH } from './end-session.ts'
import { offeredGrantTypes } from './grants/index.ts'
import { INTROSPECTION_PATH } from './introspection.ts'
import { PAR_PATH } from './pushed-authorization.ts'
import { REGISTRATION_PATH } from './registration/registration-path.ts'
import { RESPONSE_MODES_SUPPORTED } from './response-mode.ts'
import { REVOCATION_PATH } from './revocation.ts'
import { isForClientsAlone } from './scope.ts'
import { TOKEN_PATH } from './token.ts'
import { USERINFO_PATH } from './userinfo.ts'

export const JWKS_PATH = '/.well-known/jwks.json'

/** What the documents of this file may be cached for: far less than a key is published before it signs. */
const CACHE = { 'cache-control': 'public, max-age=300' }

/** OpenID Connect Discovery section 4. */
export const openidConfiguration: OpenEndpoint = {
  method: 'GET',
  path: '/.well-known/openid-configuration',
  body: 'none',
  failure: 'oauth',
  cors: true,
  handle: respond,
}

/** RFC 8414 section 3. */
export const authorizationServerMetadata: OpenEndpoint = {
  ...openidConfiguration,
  path: '/.well-known/oauth-authorization-server',
}

/**
 * Where an issuer has a path, it stands behind these as well as before them: RFC 8414 section 3.1 has it so, its section 5
 * says how discovery of OpenID Connect differs, and clients try either for both.
 */
export const WELL_KNOWN_PATHS = [openidConfiguration.path, authorizationServerMetadata.path]

/** RFC 7517 section 5. */
export const jwks: OpenEndpoint = {
  method: 'GET',
  path: JWKS_PATH,
  body: 'none',
  failure: 'oauth',
  cors: true,
  handle: async context => jsonResponse(200, await context.keys.jwks(), CACHE),
}

/** Only who can prove itself may ask what tokens mean. */
const CONFIDENTIAL_METHODS = CLIENT_AUTHENTICATION_METHODS.filter(method => method !== 'none')

/** The endpoints at which clients authenticate or bring a token: with a certificate, where they have one (RFC 8705 section 5). */
const CALLED_BY_CLIENTS = {
  token_endpoint: TOKEN_PATH,
  userinfo_endpoint: USERINFO_PATH,
  pushed_authorization_request_endpoint: PAR_PATH,
  device_authorization_endpoint: DEVICE_AUTHORIZATION_PATH,
  introspection_endpoint: INTROSPECTION_PATH,
  revocation_endpoint: REVOCATION_PATH,
}

function below(baseUrl: string, paths: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, baseUrl + path]))
}

/** What depends on neither the configuration nor the request. */
const ALWAYS = {
  response_types_supported: ['code'],
  response_modes_supported: RESPONSE_MODES_SUPPORTED,
  subject_types_supported: ['public', 'pairwise'],
  code_challenge_methods_supported: ['S256'],
  authorization_response_iss_parameter_supported: true,

  token_endpoint_auth_methods_supported: CLIENT_AUTHENTICATION_METHODS,
  token_endpoint_auth_signing_alg_values_supported: VERIFIED_ALGORITHMS,
  introspection_endpoint_auth_methods_supported: CONFIDENTIAL_METHODS,
  introspection_endpoint_auth_signing_alg_values_supported: VERIFIED_ALGORITHMS,
  revocation_endpoint_auth_methods_supported: CLIENT_AUTHENTICATION_METHODS,
  revocation_endpoint_auth_signing_alg_values_supported: VERIFIED_ALGORITHMS,

  // OpenID Connect Discovery section 3
  acr_values_supported: ACR_VALUES,
  claim_types_supported: ['normal'],
  claims_parameter_supported: true,
  display_values_supported: ['page'],
  prompt_values_supported: PROMPTS,

  // RFC 9101, RFC 9126
  request_parameter_supported: true,
  request_uri_parameter_supported: true,
  require_request_uri_registration: true,
  request_object_signing_alg_values_supported: VERIFIED_ALGORITHMS,
  require_signed_request_object: false,
  require_pushed_authorization_requests: false,

  // RFC 8705, RFC 9449
  tls_client_certificate_bound_access_tokens: true,
  dpop_signing_alg_values_supported: DPOP_ALGORITHMS,

  // OpenID Connect Back-Channel Logout section 2.1
  backchannel_logout_supported: true,
  backchannel_logout_session_supported: true,
}

function respond(context: Context, { baseUrl }: Call): HttpResponse {
  const algorithms = context.keys.algorithms()
  const { application, scopes, oauth } = context.config
  const detailTypes = Object.keys(oauth.authorizationDetails)
  return jsonResponse(
    200,
    {
      issuer: baseUrl,
      authorization_endpoint: baseUrl + AUTHORIZE_PATH,
      ...below(baseUrl, CALLED_BY_CLIENTS),
      ...(oauth.registration && { registration_endpoint: baseUrl + REGISTRATION_PATH }),
      jwks_uri: baseUrl + JWKS_PATH,
      end_session_endpoint: baseUrl + END_SESSION_PATH,
      ...(oauth.mtlsBaseUrl !== undefined && {
        mtls_endpoint_aliases: below(oauth.mtlsBaseUrl, CALLED_BY_CLIENTS),
      }),
      ...(oauth.clientIdMetadataDocuments && { client_id_metadata_document_supported: true }),
      scopes_supported: Object.keys(scopes).filter(scope => !isForClientsAlone(scope)),
      claims_supported: supportedClaims(context),
      grant_types_supported: offeredGrantTypes(context.config).map(({ name }) => name),
      id_token_signing_alg_values_supported: algorithms,
      userinfo_signing_alg_values_supported: algorithms,
      authorization_signing_alg_values_supported: algorithms,
      introspection_signing_alg_values_supported: algorithms,
      ...(detailTypes.length > 0 && { authorization_details_types_supported: detailTypes }),
      ui_locales_supported: offeredLocales(context.config),
      ...(application.documentationUrl && { service_documentation: application.documentationUrl }),
      ...ALWAYS,
    },
    CACHE,
  )
}
