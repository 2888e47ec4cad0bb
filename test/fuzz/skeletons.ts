import { ENDPOINTS } from '@xwms/core'
import type { Draft, DraftBody, Pair } from './draft.ts'
import { credentialHeaders } from './flows.ts'
import { HOST_PARSES, HOST_ROUTES } from './host-routes.ts'
import { ISSUER, RESOURCES } from './introduction.ts'
import type { Material } from './material.ts'
import type { Random } from './random.ts'
import { API } from './requests/api.ts'
import { AUTHORIZATION } from './requests/authorization.ts'
import type { Content, Contents } from './requests/content.ts'
import { MANAGEMENT } from './requests/management.ts'
import { PAGES } from './requests/pages.ts'
import { REGISTRATION } from './requests/registration.ts'
import { RESOURCE_REQUESTS } from './requests/resource.ts'
import { TOKENS } from './requests/token.ts'

/** Something to send requests to: an endpoint of the kit, or a route of the host that the kit guards. */
export interface Place {
  /** Such as `POST /oauth/token`. */
  readonly name: string
  readonly path: string
  /** Whether other methods than its own are the host's matter. */
  readonly isHosts: boolean
  /** How it says no. */
  readonly failure: (typeof ENDPOINTS)[number]['failure']
  /** Makes a valid request, as different from the last as valid ones may be; or one that is spoiled within. */
  readonly draft: (material: Material, random: Random) => Draft
}

const CONTENTS: Contents = {
  ...API,
  ...AUTHORIZATION,
  ...TOKENS,
  ...RESOURCE_REQUESTS,
  ...MANAGEMENT,
  ...REGISTRATION,
  ...PAGES,
}

/** The metadata of the host's route that takes access tokens (RFC 9728). */
const METADATA_PATH = `/.well-known/oauth-protected-resource${new URL(RESOURCES.host).pathname}`

/** Every row of the endpoint table, the host's own routes, and the document about one of them. */
export const PLACES: readonly Place[] = [
  ...ENDPOINTS.map(endpointPlace),
  ...HOST_ROUTES.map(hostPlace),
  {
    name: `GET ${METADATA_PATH}`,
    path: METADATA_PATH,
    isHosts: false,
    failure: 'oauth',
    draft: (_material, random) => draft('GET', METADATA_PATH, {}, {}, random),
  },
]

function endpointPlace({ method, path, body, guard, failure }: (typeof ENDPOINTS)[number]): Place {
  const name = `${method} ${path}`
  const content = CONTENTS[name]
  return {
    name,
    path,
    isHosts: false,
    failure,
    draft(material, random) {
      // An endpoint that has no content of its own gets an empty one of the kind that it reads.
      const own: Content = content?.(material, random) ?? { [body]: body === 'json' ? {} : [] }
      return draft(method, path, own, guard ? credentialHeaders(material) : {}, random)
    },
  }
}

function hostPlace({ method, path, guard }: (typeof HOST_ROUTES)[number]): Place {
  const name = `${method} ${path}`
  return {
    name,
    path,
    isHosts: true,
    failure: guard === 'token' ? 'oauth' : 'envelope',
    draft(material, random) {
      if (guard === 'token') return draft(method, path, CONTENTS[name]?.(material, random) ?? {}, {}, random)
      const content = method === 'POST' ? { json: { item: 1 } } : {}
      return draft(method, path, content, credentialHeaders(material), random)
    },
  }
}

function draft(
  method: string,
  pattern: string,
  { path = pattern, query = [], headers = {}, form, json }: Content,
  credentials: Record<string, string>,
  random: Random,
): Draft {
  const body: DraftBody = json
    ? { kind: 'json', value: json }
    : form
      ? { kind: 'form', fields: form }
      : { kind: 'none' }
  const contentType = json ? 'application/json' : form ? 'application/x-www-form-urlencoded' : undefined
  return {
    method,
    path,
    query,
    headers: [
      ['host', new URL(ISSUER).host],
      ['user-agent', 'fuzz/1.0'],
      ...(headers.accept === undefined ? [['accept', 'application/json, text/html;q=0.9'] as Pair] : []),
      ...Object.entries(credentials),
      ...Object.entries(headers),
      ...(contentType ? [['content-type', contentType] as Pair] : []),
      // Now and then the host has its own parser in front of the kit.
      ...(random.chance(0.08) ? [[HOST_PARSES, 'yes'] as Pair] : []),
    ],
    body,
    framing: 'length',
  }
}
