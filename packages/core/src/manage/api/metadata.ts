import type { Context } from '../../context/context.ts'
import type { OpenEndpoint } from '../../context/endpoint.ts'
import {
  RESOURCE_WELL_KNOWN,
  resourceDocument,
  resourceMetadataUrl,
} from '../../context/tokens/resource-document.ts'
import { MANAGE_PATH } from '../../context/tokens/resources.ts'

/** Where the document stands below the kit. */
export const MANAGEMENT_METADATA_PATH = RESOURCE_WELL_KNOWN + MANAGE_PATH

/** The management API as a protected resource (RFC 9728). */
export const managementMetadata: OpenEndpoint = {
  method: 'GET',
  path: MANAGEMENT_METADATA_PATH,
  body: 'none',
  failure: 'problem',
  cors: true,
  handle: (context, { baseUrl }) =>
    resourceDocument(context, baseUrl, {
      ...context.resources.management,
      identifier: indicator(context, baseUrl),
    }),
}

/** The address of that document: where the specification has it, which without an issuer is nowhere but below the kit. */
export function metadataUrl(context: Context, baseUrl: string): string {
  if (context.config.issuer === undefined) return baseUrl + MANAGEMENT_METADATA_PATH
  return resourceMetadataUrl(context.resources.management)
}

function indicator({ config, resources }: Context, baseUrl: string): string {
  return config.issuer === undefined ? baseUrl + MANAGE_PATH : resources.management.identifier
}

/**
 * Where the document stands for an issuer that has a path.
 * @param issuerPath such as `/auth`; empty where there is none
 */
export function metadataPath(issuerPath: string): string {
  return RESOURCE_WELL_KNOWN + issuerPath + MANAGE_PATH
}
