import type { Pair } from '../draft.ts'
import { CODE_VERIFIER, type PartyName, RESOURCES } from '../introduction.ts'
import type { Material } from '../material.ts'
import type { Random } from '../random.ts'
import type { Party } from '../scene.ts'
import { detailsParameter, resourceParameters } from './authorization-request.ts'
import { certificateHeaders, dpopHeaders, prove } from './client-authentication.ts'
import { type Content, type Contents, perhaps } from './content.ts'

const WITH_CODES = ['shop', 'openid', 'app', 'signer', 'remote', 'fapi', 'mutualTls', 'selfSigned'] as const
const WITH_DEVICES = ['shop', 'app'] as const
const ACTING_FOR_THEMSELVES = ['shop', 'signer', 'fapi', 'mutualTls', 'selfSigned', 'resourceServer'] as const

const TOKEN = '/oauth/token'
const TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:'

export const TOKENS: Contents = {
  [`POST ${TOKEN}`]: tokenRequest,
  'POST /oauth/introspect': (material, random) => ({
    ...aboutToken(
      material,
      random,
      random.pick(['shop', 'openid', 'resourceServer', 'signer', 'mutualTls']),
      'introspect',
    ),
  }),
  'POST /oauth/revoke': (material, random) => aboutToken(material, random, random.pick(WITH_CODES), 'revoke'),
}

/** A grant with its client. */
interface Asked {
  readonly party: Party
  readonly grant: Pair[]
}

function tokenRequest(material: Material, random: Random): Content {
  const { party, grant } = random.pick([codeGrant, refreshGrant, ownGrant, deviceGrant, exchangeGrant])(
    material,
    random,
  )
  const { form, headers } = prove(material, random, party, TOKEN)
  const bound = party.certificate === undefined ? {} : certificateHeaders(random, party)
  const proof = dpopHeaders(material, random, party, { method: 'POST', path: TOKEN })
  return { form: [...grant, ...form], headers: { ...bound, ...headers, ...proof } }
}

function codeGrant({ parties, holdings }: Material, random: Random): Asked {
  const name = random.pick(WITH_CODES)
  const party = parties[name]
  const grant: Pair[] = [
    ['grant_type', 'authorization_code'],
    ['code', random.pick(holdings[name].codes) ?? 'none'],
    ['redirect_uri', party.redirectUri],
    ['code_verifier', CODE_VERIFIER],
    ...(random.chance(0.2) ? resourceParameters(random) : []),
    ...perhaps(random, 0.1, 'authorization_details', detailsParameter(random)),
  ]
  return { party, grant }
}

function refreshGrant({ parties, holdings }: Material, random: Random): Asked {
  const name = random.pick(WITH_CODES)
  const { refreshToken = 'none' } = random.pick(holdings[name].tokens) ?? {}
  const grant: Pair[] = [
    ['grant_type', 'refresh_token'],
    ['refresh_token', refreshToken],
    ...perhaps(random, 0.5, 'scope', random.pick(parties[name].scopes)),
    ...(random.chance(0.2) ? resourceParameters(random) : []),
    ...perhaps(random, 0.1, 'authorization_details', detailsParameter(random)),
  ]
  return { party: parties[name], grant }
}

function ownGrant({ parties }: Material, random: Random): Asked {
  const grant: Pair[] = [
    ['grant_type', 'client_credentials'],
    ...perhaps(random, 0.3, 'scope', 'orders:read'),
    ...resourceParameters(random),
    ...perhaps(random, 0.3, 'authorization_details', detailsParameter(random)),
  ]
  return { party: parties[random.pick(ACTING_FOR_THEMSELVES)], grant }
}

function deviceGrant({ parties, holdings }: Material, random: Random): Asked {
  const name = random.pick(WITH_DEVICES)
  const grant: Pair[] = [
    ['grant_type', 'urn:ietf:params:oauth:grant-type:device_code'],
    ['device_code', random.pick(holdings[name].deviceCodes) ?? 'none'],
  ]
  return { party: parties[name], grant }
}

/** RFC 8693. */
function exchangeGrant({ parties, holdings }: Material, random: Random): Asked {
  const name = random.pick(['shop', 'signer', 'resourceServer'] as const)
  const held = holdings[name === 'resourceServer' ? 'shop' : name].tokens
  const { accessToken = 'none' } = random.pick(held) ?? {}
  const actor = random.pick(held)?.accessToken ?? 'none'
  const type = TOKEN_TYPE + random.pick(['access_token', 'access_token', 'jwt'])
  const grant: Pair[] = [
    ['grant_type', 'urn:ietf:params:oauth:grant-type:token-exchange'],
    ['subject_token', accessToken],
    ['subject_token_type', type],
    ...(random.chance(0.3)
      ? ([
          ['actor_token', actor],
          ['actor_token_type', `${TOKEN_TYPE}access_token`],
        ] as Pair[])
      : []),
    ...perhaps(random, 0.2, 'requested_token_type', TOKEN_TYPE + random.pick(['access_token', 'jwt'])),
    ...perhaps(random, 0.3, 'audience', random.pick(Object.values(RESOURCES))),
    ...perhaps(random, 0.3, 'scope', random.pick(['openid', 'profile email', 'orders:read'])),
    ...resourceParameters(random),
  ]
  return { party: parties[name], grant }
}

/** RFC 7662, RFC 7009: whatever a client holds, or has found somewhere. */
function aboutToken(
  material: Material,
  random: Random,
  name: PartyName,
  verb: 'introspect' | 'revoke',
): Content {
  const party = material.parties[name]
  const { form, headers } = prove(material, random, party, `/oauth/${verb}`)
  const { accessToken, refreshToken, idToken } = random.pick(heldBy(material, random, name)) ?? {}
  // Revoked ones are of no more use to the requests that follow, so most are not revoked.
  const token = random.pick(
    verb === 'introspect' ? [accessToken, refreshToken, idToken] : [idToken, 'found somewhere'],
  )
  return {
    form: [
      ['token', token ?? accessToken ?? 'none'],
      ...perhaps(random, 0.4, 'token_type_hint', random.pick(['access_token', 'refresh_token', 'id_token'])),
      ...form,
    ],
    headers: {
      ...headers,
      ...(verb === 'introspect' && random.chance(0.3) && { accept: 'application/token-introspection+jwt' }),
    },
  }
}

function heldBy({ holdings }: Material, random: Random, name: PartyName) {
  return holdings[name === 'resourceServer' ? random.pick(['shop', 'signer'] as const) : name].tokens
}
