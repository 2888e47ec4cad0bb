import type { Json, Pair } from '../draft.ts'
import { TEXTS } from '../hostile.ts'
import { CODE_CHALLENGE, DETAIL_TYPE, ISSUER, RESOURCES } from '../introduction.ts'
import { jwt } from '../jose.ts'
import type { Random } from '../random.ts'
import type { Party, Scene } from '../scene.ts'
import { jsonText } from '../structure.ts'
import { perhaps } from './content.ts'

const PROMPTS = ['login', 'consent', 'none', 'select_account', 'login consent', 'none']
const RESPONSE_MODES = ['query', 'form_post', 'jwt', 'query.jwt', 'form_post.jwt']
/** How often a parameter that is JSON is spoiled. */
const SPOILED = 0.3

/** The least that any client has to send. */
export function plainRequest({ id, redirectUri, scopes }: Party): Pair[] {
  return [
    ['response_type', 'code'],
    ['client_id', id],
    ['redirect_uri', redirectUri],
    ['scope', scopes.filter(scope => scope !== 'introspect').join(' ')],
    ['state', 'a state'],
    ['nonce', 'a nonce'],
    ['code_challenge', CODE_CHALLENGE],
    ['code_challenge_method', 'S256'],
  ]
}

/** A request with whatever else one may have. Most are such that the user has approved everything before. */
export function authorizationRequest(scene: Scene, random: Random, party: Party, idToken = ''): Pair[] {
  const chance = (share: number, name: string, value: () => string): Pair[] =>
    random.chance(share) ? [[name, value()]] : []
  return [
    ...plainRequest(party),
    ...chance(0.25, 'response_mode', () => random.pick(RESPONSE_MODES)),
    ...chance(0.3, 'prompt', () => random.pick(PROMPTS)),
    ...chance(0.2, 'max_age', () => random.pick(['0', '60', '999999999'])),
    ...chance(0.2, 'login_hint', () => scene.email),
    ...chance(0.2, 'claims', () => claimsParameter(scene, random)),
    ...chance(0.2, 'acr_values', () => 'urn:xwms:acr:password other'),
    ...chance(0.1, 'display', () => random.pick(['page', 'popup'])),
    ...chance(0.1, 'ui_locales', () => 'nl-NL en'),
    ...chance(idToken === '' ? 0 : 0.15, 'id_token_hint', () => idToken),
    ...resourceParameters(random),
    ...chance(0.15, 'authorization_details', () => detailsParameter(random)),
    ...chance(party.keys.length > 0 ? 0.1 : 0, 'dpop_jkt', () => random.pick(party.keys).thumbprint),
  ]
}

/** RFC 8707: several of these are allowed. */
export function resourceParameters(random: Random): Pair[] {
  return Object.values(RESOURCES).flatMap(resource => perhaps(random, 0.15, 'resource', resource))
}

/** OpenID Connect Core section 5.5. */
function claimsParameter({ sub }: Scene, random: Random): string {
  const claims: Json = {
    userinfo: {
      given_name: { essential: true },
      nickname: null,
      email: { value: 'ann@example.com' },
      address: null,
      'https://example.com/own': { values: ['a', 'b'] },
    },
    id_token: {
      auth_time: { essential: true },
      acr: { values: ['urn:xwms:acr:password'] },
      ...(random.chance(0.3) && { sub: { value: random.chance(0.8) ? sub : random.pick(TEXTS) } }),
      phone_number: null,
    },
  }
  return jsonText(claims, random, SPOILED)
}

/** RFC 9396. */
export function detailsParameter(random: Random): string {
  const detail = (amount: number): Json => ({
    type: DETAIL_TYPE,
    amount,
    actions: ['pay', 'see'],
    locations: [RESOURCES.opaque],
    creditor: { name: 'Shop', accounts: [{ iban: 'NL00BANK0123456789' }] },
  })
  return jsonText(random.chance(0.7) ? [detail(12)] : [detail(12), detail(0.5)], random, SPOILED)
}

/** The same request as an object that the client signed (RFC 9101). */
export function requestObject(
  scene: Scene,
  random: Random,
  party: Party,
  parameters: readonly Pair[],
): string {
  const key = random.pick(party.keys)
  const claims: { [name: string]: Json } = {
    ...(random.chance(0.8) && { iss: party.id, aud: ISSUER }),
    ...(party.pushes || random.chance(0.5) ? { exp: scene.seconds + 300, nbf: scene.seconds - 5 } : {}),
    ...(random.chance(0.3) && { iat: scene.seconds, jti: String(random.below(2 ** 31)) }),
  }
  for (const [name, value] of parameters) claims[name] = claimOf(name, value, claims[name])
  const header = {
    ...(random.chance(0.8) && { kid: key.publicJwk.kid ?? null }),
    ...(random.chance(0.5) && { typ: 'oauth-authz-req+jwt' }),
  }
  return jwt(key, header, claims, random, 0.4)
}

/** In a request object, what is JSON elsewhere stands as it is, and lists are lists. */
function claimOf(name: string, value: string, before: Json | undefined): Json {
  if (name === 'resource' && before !== undefined) return [before, value].flat()
  if (name === 'max_age') return Number(value)
  if (name !== 'claims' && name !== 'authorization_details') return value
  try {
    const claim = JSON.parse(value) as Json
    // What is nested deeper than can be written again goes as text.
    return JSON.stringify(claim) === '' ? value : claim
  } catch {
    return value
  }
}
