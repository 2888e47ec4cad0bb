import { ENDPOINTS } from '@xwms/core'
import type { Draft, DraftBody, Json, Pair } from './draft.ts'
import { HOST_PARSES, HOST_ROUTES } from './host-routes.ts'
import { SCOPES } from './introduction.ts'
import { authorizationParameters, CODE_VERIFIER, credentialHeaders, type Material } from './material.ts'
import type { Random } from './random.ts'

/** Something to send requests to: an endpoint of the kit, or a route of the host that the kit guards. */
export interface Place {
  /** Such as `POST /oauth/token`. */
  readonly name: string
  /** Makes a valid request, as different from the last as valid ones may be. */
  readonly draft: (material: Material, random: Random) => Draft
}

/** What a valid request to an endpoint has beside its method and path. */
interface Content {
  readonly query?: Pair[]
  readonly headers?: Record<string, string>
  readonly form?: Pair[]
  readonly json?: { [name: string]: Json }
}

const CONTENTS: Readonly<Record<string, (material: Material, random: Random) => Content>> = {
  'POST /api/sign-token': ({ redirectUri, email }, random) => ({
    json: { redirect_url: redirectUri, ...(random.chance(0.5) && { email }) },
  }),
  'POST /api/sign-token-verify': ({ callbackTokens }, random) => ({
    json: { token: random.pick(callbackTokens), redirect_url: 'https://shop.example.com' },
  }),
  'POST /api/get/user/info': ({ sub }, random) => ({
    json: { sub: random.pick([sub, Number(sub)]), socials: random.chance(0.5) },
  }),
  'POST /api/get/user/address': ({ sub }) => ({ json: { sub: Number(sub) } }),
  'POST /api/user/address': (material, random) => ({ json: addressRequest(material, random) }),
  'GET /oauth/authorize': (material, random) => ({
    query: authorizationParameters(material, random.pick(PROMPTS)),
    headers: { cookie: random.chance(0.5) ? material.cookie : '' },
  }),
  'POST /oauth/authorize': (material, random) => ({
    form: authorizationParameters(material, random.pick(PROMPTS)),
    headers: { cookie: random.chance(0.5) ? material.cookie : '' },
  }),
  'GET /oauth/authorize/resume': resumption,
  'GET /sign-token/resume': resumption,
  'POST /oauth/token': tokenRequest,
  'GET /oauth/userinfo': ({ accessToken }) => ({ headers: { authorization: `Bearer ${accessToken}` } }),
  'POST /oauth/userinfo': ({ accessToken }) => ({ form: [['access_token', accessToken]] }),
  'GET /sign-in': ({ signInForms }, random) => {
    const { interaction, cookie } = random.pick(signInForms)
    return { query: [['interaction', interaction]], headers: { cookie } }
  },
  'POST /sign-in': ({ signInForms, email, password }, random) => {
    const { interaction, csrfToken, cookie } = random.pick(signInForms)
    return {
      headers: { cookie, origin: 'http://localhost:3000' },
      form: [
        ['interaction', interaction],
        ['csrf_token', csrfToken],
        ['login', email],
        // Hashing is slow by design: few requests come as far as that.
        ...(random.chance(0.01) ? [['password', password] as Pair] : []),
        ...(random.chance(0.05) ? [['decision', 'cancel'] as Pair] : []),
      ],
    }
  },
  'GET /consent': ({ consentForms }, random) => {
    const { interaction, cookie } = random.pick(consentForms)
    return { query: [['interaction', interaction]], headers: { cookie } }
  },
  'POST /consent': ({ consentForms }, random) => {
    const { interaction, csrfToken, cookie } = random.pick(consentForms)
    return {
      headers: { cookie },
      form: [
        ['interaction', interaction],
        ['csrf_token', csrfToken],
        ['decision', random.pick(['allow', 'deny'])],
      ],
    }
  },
  'GET /error': (_material, random) => ({
    query: [['error', random.pick(['access_denied', 'login_expired', 'user_not_allowed'])]],
  }),
}

const PROMPTS = [undefined, undefined, 'login', 'consent', 'none', 'select_account']

function resumption({ consentForms, signInForms }: Material, random: Random): Content {
  const { interaction, cookie } = random.pick(random.chance(0.5) ? consentForms : signInForms)
  return { query: [['interaction', interaction]], headers: { cookie } }
}

function addressRequest({ sub, addressId }: Material, random: Random): { [name: string]: Json } {
  const address: { [name: string]: Json } = {
    type: random.pick(['standard', 'billing', 'mailing']),
    name: 'Home',
    firstname: 'Ann',
    lastname: 'Example',
    email: 'ann@example.com',
    postal_code: '1234 AB',
    house_number: '1',
    street: 'Canal',
    city: 'Utrecht',
    ...random.pick<{ [name: string]: Json }>([{ country: 'NL' }, { country: 'BEL' }, { country_id: 528 }]),
  }
  return random.pick<{ [name: string]: Json }>([
    { sub: Number(sub), action: 'list' },
    { sub, action: 'create', address },
    { sub, action: 'update', address_id: addressId, address },
    { sub, action: 'delete', address_id: addressId },
  ])
}

function tokenRequest(material: Material, random: Random): Content {
  const { clientId, clientSecret, redirectUri } = material
  const grant: Pair[] = random.pick([
    [
      ['grant_type', 'authorization_code'],
      ['code', random.pick(material.codes)],
      ['redirect_uri', redirectUri],
      ['code_verifier', CODE_VERIFIER],
    ],
    [
      ['grant_type', 'refresh_token'],
      ['refresh_token', material.refreshToken],
      ['scope', random.pick(SCOPES)],
    ],
    [['grant_type', 'client_credentials']],
  ] satisfies Pair[][])
  if (random.chance(0.5)) {
    const basic = Buffer.from(`${clientId}:${clientSecret}`).toString('base64')
    return { form: grant, headers: { authorization: `Basic ${basic}` } }
  }
  return { form: [...grant, ['client_id', clientId], ['client_secret', clientSecret]] }
}

/** Every row of the endpoint table, and the host's own routes. */
export const PLACES: readonly Place[] = [...ENDPOINTS.map(endpointPlace), ...HOST_ROUTES.map(hostPlace)]

function endpointPlace({ method, path, body, guard }: (typeof ENDPOINTS)[number]): Place {
  const name = `${method} ${path}`
  const content = CONTENTS[name]
  return {
    name,
    draft(material, random) {
      // An endpoint that has no content of its own gets an empty one of the kind that it reads.
      const own: Content = content?.(material, random) ?? { [body]: body === 'json' ? {} : [] }
      return draft(method, path, own, guard ? credentialHeaders(material) : {}, random)
    },
  }
}

function hostPlace({ method, path }: (typeof HOST_ROUTES)[number]): Place {
  return {
    name: `${method} ${path}`,
    draft: (material, random) =>
      draft(
        method,
        path,
        method === 'POST' ? { json: { item: 1 } } : {},
        credentialHeaders(material),
        random,
      ),
  }
}

function draft(
  method: string,
  path: string,
  { query = [], headers = {}, form, json }: Content,
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
      ['host', 'localhost:3000'],
      ['user-agent', 'fuzz/1.0'],
      ['accept', 'application/json, text/html;q=0.9'],
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
