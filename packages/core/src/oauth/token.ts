import type { OpenEndpoint } from '../context/endpoint.ts'
import { nextNonceField } from '../context/tokens/dpop.ts'
import { HttpError } from '../errors.ts'
import { jsonResponse } from '../http/response.ts'
import { authenticateClient } from './client-authentication/index.ts'
import { offeredGrantTypes } from './grants/index.ts'
import { invalidRequest, readParameters } from './parameters.ts'
import { senderConstraint } from './sender-constraint.ts'
import { repeatedParameter } from './target.ts'
import { TOKEN_PATH } from './token-path.ts'

export { TOKEN_PATH }

/** The token endpoint (RFC 6749 section 3.2). */
export const token: OpenEndpoint = {
  method: 'POST',
  path: TOKEN_PATH,
  body: 'form',
  failure: 'oauth',
  cors: true,
  async handle(context, call) {
    const parameters = readParameters(call.input.kind === 'form' ? call.input.form : new URLSearchParams())
    const { client } = await authenticateClient(context, call, parameters)
    if (parameters.grant_type === undefined) throw invalidRequest('Send the grant_type.')
    const offered = offeredGrantTypes(context.config)
    const grantType = offered.find(candidate => candidate.name === parameters.grant_type)
    if (grantType === undefined) {
      const known = offered.map(({ name }) => name).join(', ')
      throw new HttpError(400, 'unsupported_grant_type', `Use one of: ${known}.`)
    }
    if (!client.grantTypes.includes(grantType.name)) {
      throw new HttpError(400, 'unauthorized_client', `This client may not use ${grantType.name}.`)
    }
    const answer = await grantType.handle(context, {
      call,
      client,
      parameters,
      resources: repeatedParameter(call, 'resource'),
      confirmation: await senderConstraint(context, call, client),
    })
    return jsonResponse(200, answer, {
      pragma: 'no-cache',
      ...(await nextNonceField(context, call.request.headers)),
    })
  },
}
