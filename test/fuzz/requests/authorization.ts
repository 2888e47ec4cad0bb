import type { Pair } from '../draft.ts'
import { DETAIL_TYPE } from '../introduction.ts'
import type { Material } from '../material.ts'
import type { Random } from '../random.ts'
import type { Party } from '../scene.ts'
import {
  authorizationRequest,
  detailsParameter,
  plainRequest,
  requestObject,
  resourceParameters,
} from './authorization-request.ts'
import { dpopHeaders, prove } from './client-authentication.ts'
import { type Content, type Contents, perhaps } from './content.ts'

const WITH_CODES = ['shop', 'openid', 'app', 'signer', 'remote', 'mutualTls', 'selfSigned'] as const
const WITH_KEYS = ['openid', 'signer', 'remote'] as const
const WITH_DEVICES = ['shop', 'openid', 'app', 'signer', 'mutualTls'] as const

export const AUTHORIZATION: Contents = {
  'GET /oauth/authorize': (material, random) => ({
    query: request(material, random),
    headers: browserHeaders(material, random),
  }),
  'POST /oauth/authorize': (material, random) => ({
    form: request(material, random),
    headers: browserHeaders(material, random),
  }),
  'POST /oauth/par': pushed,
  'POST /oauth/device_authorization': (material, random) => {
    const party = material.parties[random.pick(WITH_DEVICES)]
    const { form, headers } = prove(material, random, party, '/oauth/device_authorization')
    return {
      headers,
      form: [
        ...form,
        ['scope', random.pick(['openid profile', 'email unknown', 'openid offline_access userinfo'])],
        ...resourceParameters(random),
        ...(random.chance(0.3) ? [['authorization_details', detailsParameter(random)] as Pair] : []),
      ],
    }
  },
}

function browserHeaders({ cookie }: Material, random: Random): Record<string, string> {
  return { cookie: random.chance(0.7) ? cookie : '' }
}

/** An authorization request, in whichever way it may come. */
function request(material: Material, random: Random): Pair[] {
  const { parties, documentClients, farSide } = material
  const kind = random.below(100)
  if (kind < 12) {
    const name = random.pick(['fapi', 'fapi', 'shop', 'openid'] as const)
    const uri = random.pick(material.holdings[name].pushed)
    return [
      ['client_id', parties[name].id],
      ['request_uri', uri ?? 'urn:ietf:params:oauth:request_uri:none'],
    ]
  }
  if (kind < 30) return withObject(material, random, parties[random.pick(WITH_KEYS)])
  if (kind < 36) {
    const place = random.pick(['good', 'bad'])
    return [
      ...plainRequest(parties.remote),
      ['request_uri', `${farSide}/${place}/request${random.pick(['', '#1'])}`],
    ]
  }
  if (kind < 40) {
    const id = random.pick(documentClients) + random.pick(['', '', '', `?${random.below(20)}`])
    return authorizationRequest(material, random, { ...parties.remote, id, scopes: ['openid', 'profile'] })
  }
  const name = random.pick(WITH_CODES)
  const [tokens] = material.holdings[name].tokens
  return authorizationRequest(material, random, parties[name], tokens?.idToken)
}

/** What stands beside a request object is for those who cannot read it. */
function withObject(material: Material, random: Random, party: Party): Pair[] {
  const parameters = authorizationRequest(material, random, party)
  const beside = random.chance(0.5) ? plainRequest(party) : [['client_id', party.id] as Pair]
  return [...beside, ['request', requestObject(material, random, party, parameters)]]
}

function pushed(material: Material, random: Random): Content {
  const path = '/oauth/par'
  const party = material.parties[random.pick([...WITH_CODES, 'fapi', 'fapi'] as const)]
  const { form, headers } = prove(material, random, party, path)
  const signs = party.keys.length > 0 && party.method !== 'none' && random.chance(0.3)
  const parameters = signs
    ? withObject(material, random, party)
    : [...authorizationRequest(material, random, party), ...perhaps(random, 0.1, 'scope_hint', DETAIL_TYPE)]
  const rest = parameters.filter(([name]) => !form.some(([known]) => known === name))
  return {
    form: [...form, ...rest],
    headers: { ...headers, ...dpopHeaders(material, random, party, { method: 'POST', path }) },
  }
}
