import { randomUUID } from 'node:crypto'
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { sha256 } from '../../src/lib/hash.ts'
import type { JsonWebKey } from '../../src/model/json-web-key.ts'
import { ISSUER, NOW } from '../installation.ts'

/** A client's own key pair. */
export interface Signer {
  readonly alg: string
  readonly publicJwk: JsonWebKey
  readonly privateJwk: JWK
  readonly privateKey: CryptoKey
  /** The thumbprint of the public key. */
  readonly jkt: string
}

export async function signer(alg = 'ES256', kid?: string): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = await exportJWK(publicKey)
  return {
    alg,
    publicJwk: { ...jwk, ...(kid !== undefined && { kid }), alg, use: 'sig' } as JsonWebKey,
    privateJwk: await exportJWK(privateKey),
    privateKey,
    jkt: await calculateJwkThumbprint(jwk),
  }
}

type Claims = Readonly<Record<string, unknown>>

/** Signs what it is given: a claim or a header member of `undefined` is left out. */
export function sign(
  { alg, privateKey, publicJwk }: Signer,
  claims: Claims,
  header: Claims = {},
): Promise<string> {
  const given = { alg, ...(publicJwk.kid !== undefined && { kid: publicJwk.kid }), ...header }
  return new SignJWT(JSON.parse(JSON.stringify(claims)))
    .setProtectedHeader(JSON.parse(JSON.stringify(given)))
    .sign(privateKey)
}

export const seconds = (time: Date) => Math.floor(time.getTime() / 1000)

/** The two parameters of `private_key_jwt`. */
export async function assertion(
  key: Signer,
  clientId: string,
  over: Claims = {},
  header: Claims = {},
  now: Date = NOW,
): Promise<Record<string, string>> {
  const claims = {
    iss: clientId,
    sub: clientId,
    aud: ISSUER,
    jti: randomUUID(),
    iat: seconds(now),
    exp: seconds(now) + 60,
    ...over,
  }
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await sign(key, claims, header),
  }
}

/** A DPoP proof for a POST to the token endpoint, unless told otherwise. */
export function proof(
  key: Signer,
  over: Claims & { readonly accessToken?: string } = {},
  header: Claims = {},
  now: Date = NOW,
): Promise<string> {
  const { accessToken, ...claims } = over
  const { kty, crv, x, y, n, e } = key.publicJwk
  return sign(
    key,
    {
      jti: randomUUID(),
      htm: 'POST',
      htu: `${ISSUER}/oauth/token`,
      iat: seconds(now),
      ...(accessToken !== undefined && { ath: sha256(accessToken) }),
      ...claims,
    },
    { typ: 'dpop+jwt', kid: undefined, jwk: { kty, crv, x, y, n, e }, ...header },
  )
}
