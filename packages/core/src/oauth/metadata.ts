import type { Context } from '../context/context.ts'
import type { Call, OpenEndpoint } from '../context/endpoint.ts'
import { type HttpResponse, jsonResponse } from '../http/response.ts'
import { AUTHORIZE_PATH } from './authorize.ts'
import { CLAIMS_SUPPORTED } from './claims.ts'
import { CLIENT_AUTHENTICATION_METHODS } from './client-authentication.ts'
import { GRANT_TYPES } from './grants/index.ts'
import { ID_TOKEN_ALGORITHMS } from './id-token.ts'
import { TOKEN_PATH } from './token.ts'
import { USERINFO_PATH } from './userinfo.ts'

export const JWKS_PATH = '/.well-known/jwks.json'

/** What the documents of this file may be cached for. */
const CACHE = { 'cache-control': 'public, max-age=300', 'access-control-allow-origin': '*' }

/** OpenID Connect Discovery section 4. */
export const openidConfiguration: OpenEndpoint = {
  method: 'GET',
  path: '/.well-known/openid-configuration',
  body: 'none',
  failure: 'oauth',
  handle: respond,
}

/**
 * RFC 8414 section 3. Its address has the issuer's path behind the well-known part; the kit finds it there as well as here.
 */
export const authorizationServerMetadata: OpenEndpoint = {
  ...openidConfiguration,
  path: '/.well-known/oauth-authorization-server',
}

/** RFC 7517 section 5. */
export const jwks: OpenEndpoint = {
  method: 'GET',
  path: JWKS_PATH,
  body: 'none',
  failure: 'oauth',
  handle: async context => jsonResponse(200, await context.keys.jwks(), CACHE),
}

function respond(context: Context, call: Call): HttpResponse {
  const { baseUrl } = call
  return jsonResponse(
    200,
    {
      issuer: baseUrl,
      authorization_endpoint: baseUrl + AUTHORIZE_PATH,
      token_endpoint: baseUrl + TOKEN_PATH,
      userinfo_endpoint: baseUrl + USERINFO_PATH,
      jwks_uri: baseUrl + JWKS_PATH,
      scopes_supported: Object.keys(context.config.scopes),
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      grant_types_supported: GRANT_TYPES.map(({ name }) => name),
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ID_TOKEN_ALGORITHMS,
      token_endpoint_auth_methods_supported: CLIENT_AUTHENTICATION_METHODS,
      code_challenge_methods_supported: ['S256'],
      claims_supported: CLAIMS_SUPPORTED,
      claims_parameter_supported: false,
      request_parameter_supported: false,
      request_uri_parameter_supported: false,
      require_request_uri_registration: false,
      authorization_response_iss_parameter_supported: true,
      ...(context.config.application.documentationUrl && {
        service_documentation: context.config.application.documentationUrl,
      }),
    },
    CACHE,
  )
}
