import type { OpenEndpoint } from '../context/endpoint.ts'
import { HttpError } from '../errors.ts'
import { jsonResponse } from '../http/response.ts'
import { authenticateClient } from './client-authentication.ts'
import { GRANT_TYPES } from './grants/index.ts'
import { invalidRequest, readParameters } from './parameters.ts'

export const TOKEN_PATH = '/oauth/token'

/** The token endpoint (RFC 6749 section 3.2). */
export const token: OpenEndpoint = {
  method: 'POST',
  path: TOKEN_PATH,
  body: 'form',
  failure: 'oauth',
  async handle(context, call) {
    const parameters = readParameters(call.input.kind === 'form' ? call.input.form : new URLSearchParams())
    const client = await authenticateClient(context, call.request, parameters)
    if (parameters.grant_type === undefined) throw invalidRequest('Send the grant_type.')
    const grantType = GRANT_TYPES.find(candidate => candidate.name === parameters.grant_type)
    if (grantType === undefined) {
      const known = GRANT_TYPES.map(({ name }) => name).join(', ')
      throw new HttpError(400, 'unsupported_grant_type', `Use one of: ${known}.`)
    }
    if (!client.grantTypes.includes(grantType.name)) {
      throw new HttpError(400, 'unauthorized_client', `This client may not use ${grantType.name}.`)
    }
    return jsonResponse(200, await grantType.handle(context, call, client, parameters), {
      pragma: 'no-cache',
    })
  },
}
