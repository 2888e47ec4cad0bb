/** A JSON Web Key (RFC 7517 section 4); which members there are depends on `kty`. */
export interface JsonWebKey {
  readonly kty: string
  readonly kid?: string
  readonly alg?: string
  readonly use?: string
  readonly [member: string]: unknown
}
