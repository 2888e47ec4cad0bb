import type { Pair } from '../draft.ts'
import { CERTIFICATE, type PartyName } from '../introduction.ts'
import type { Material, TokenSet } from '../material.ts'
import type { Random } from '../random.ts'
import { dpop, type ProofOf } from './client-authentication.ts'
import type { Contents } from './content.ts'

export const RESOURCE_REQUESTS: Contents = {
  'GET /oauth/userinfo': (material, random) => ({
    headers: tokenHeaders(material, random, 'tokens', { method: 'GET', path: '/oauth/userinfo' }),
  }),
  'POST /oauth/userinfo': (material, random) => {
    const { accessToken } = pickToken(material, random, 'tokens')
    if (random.chance(0.4)) return { form: [['access_token', accessToken] as Pair] }
    return {
      form: [],
      headers: tokenHeaders(material, random, 'tokens', { method: 'POST', path: '/oauth/userinfo' }),
    }
  },
  'GET /tools': (material, random) => ({
    headers: tokenHeaders(material, random, 'hostTokens', { method: 'GET', path: '/tools' }),
  }),
  'POST /tools': (material, random) => ({
    json: { item: 1 },
    headers: tokenHeaders(material, random, 'hostTokens', { method: 'POST', path: '/tools' }),
  }),
}

/** What a token is for. */
type TokenKind = 'tokens' | 'hostTokens' | 'managementTokens'

const HOLDERS: readonly PartyName[] = ['shop', 'openid', 'app', 'signer', 'fapi', 'mutualTls']

function pickToken(material: Material, random: Random, kind: TokenKind): TokenSet {
  // Now and then one that is for another resource.
  const other = kind === 'hostTokens' ? 'tokens' : 'hostTokens'
  const held = material.holdings[random.pick(HOLDERS)][random.chance(0.9) ? kind : other]
  return random.pick(held) ?? { accessToken: 'none' }
}

/** A token with all that proves that its bearer may use it. */
export function tokenHeaders(
  material: Material,
  random: Random,
  kind: TokenKind,
  about: ProofOf,
): Record<string, string> {
  const { accessToken, key, certificate } = pickToken(material, random, kind)
  const value = random.spoils(0.1) ? spoiled(accessToken, random) : accessToken
  return {
    authorization: `${key === undefined ? 'Bearer' : 'DPoP'} ${value}`,
    ...(key !== undefined && { dpop: dpop(material, random, key, { ...about, accessToken: value }) }),
    ...(certificate !== undefined && { [CERTIFICATE]: certificate }),
  }
}

function spoiled(token: string, random: Random): string {
  const at = random.below(token.length)
  return random.pick([
    token.slice(0, at),
    `${token}.`,
    `${token.slice(0, at)}.${token.slice(at)}`,
    `${token}=`,
    '..',
  ])
}
