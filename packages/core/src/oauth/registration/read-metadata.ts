import { type ClientDescription, readDescription } from '../../context/clients/client-description.ts'
import { sectorProblem } from '../../context/clients/sector-document.ts'
import type { Context } from '../../context/context.ts'
import type { Call } from '../../context/endpoint.ts'
import { HttpError } from '../../errors.ts'
import { CLIENT_AUTHENTICATION_METHODS } from '../../model/client-metadata.ts'
import { registrationOptions } from './registration-access.ts'

/**
 * Reads the metadata that a client sent about itself, with every problem in one description.
 * @throws {HttpError} 400 `invalid_client_metadata`, `invalid_redirect_uri` or `unapproved_software_statement`
 */
export async function readMetadata(context: Context, { input }: Call): Promise<ClientDescription> {
  const json = input.kind === 'json' ? input.json : {}
  if (json.software_statement !== undefined && json.software_statement !== null) {
    throw new HttpError(
      400,
      'unapproved_software_statement',
      'Nobody is known here who could vouch for software. Send the metadata themselves.',
    )
  }
  const { scopes } = registrationOptions(context)
  const read = readDescription(json, {
    scopes,
    authenticationMethods: CLIENT_AUTHENTICATION_METHODS,
    authorizationDetailsTypes: Object.keys(context.config.oauth.authorizationDetails),
  })
  if ('problems' in read) throw refusedMetadata(read.problems)
  const { metadata, redirectUris } = read.client
  const sector = await sectorProblem(context, metadata.sector_identifier_uri, redirectUris)
  if (sector !== undefined) throw refusedMetadata({ sector_identifier_uri: sector })
  return read.client
}

/** RFC 7591 section 3.2.2: redirect URIs have an error of their own. */
function refusedMetadata(problems: Readonly<Record<string, string>>): HttpError {
  const list = Object.entries(problems)
  const message = `${list.map(([member, problem]) => `${member} ${problem}`).join('; ')}.`.slice(0, 1000)
  return list.some(([member]) => member.split('.')[0] === 'redirect_uris')
    ? new HttpError(400, 'invalid_redirect_uri', message)
    : new HttpError(400, 'invalid_client_metadata', message)
}
