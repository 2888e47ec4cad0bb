import type { Context } from '../context/context.ts'
import type { Call, OpenEndpoint } from '../context/endpoint.ts'
import { successEnvelope } from '../http/envelope.ts'
import { header } from '../http/request.ts'
import type { HttpResponse } from '../http/response.ts'

/** The paths behind the names that `api.endpoints` carries. */
const PATHS = {
  general_info: '/api/info',
  countries: '/api/global/countries',
  projects: '/api/global/projects',
  user_address: '/api/get/user/address',
  user_info: '/api/get/user/info',
  auth_signin: '/api/sign-token',
  auth_verify: '/api/sign-token-verify',
} as const

/**
 * `GET /api/info`: what this installation is (option `application`), how it sees the caller, and where its endpoints are,
 * as absolute URLs. `time` is RFC 3339 in UTC; `timezone` says where the installation is at home.
 */
export const info: OpenEndpoint = {
  method: 'GET',
  path: PATHS.general_info,
  body: 'none',
  failure: 'envelope',
  handle: describeInstallation,
}

function describeInstallation({ config, now }: Context, { request, baseUrl }: Call): HttpResponse {
  const { name, description, version, locale, timezone, documentationUrl } = config.application
  return successEnvelope(`This is ${name}.`, {
    application: { name, description, version, locale, timezone, time: now().toISOString() },
    client: { ip: request.ip, user_agent: header(request.headers, 'user-agent') ?? null },
    api: {
      documentation: documentationUrl ?? null,
      endpoints: Object.fromEntries(Object.entries(PATHS).map(([key, path]) => [key, baseUrl + path])),
    },
  })
}
