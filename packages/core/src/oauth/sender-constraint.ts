import { profileOf } from '../context/clients/profiles.ts'
import type { Context } from '../context/context.ts'
import type { Call } from '../context/endpoint.ts'
import { certificateThumbprint } from '../context/tokens/certificate.ts'
import { verifyDpopProof } from '../context/tokens/dpop.ts'
import type { Client } from '../model/client.ts'
import { invalidRequest } from './parameters.ts'

/** What tokens are bound to (RFC 7800): a key (`jkt`), a certificate (`x5t#S256`), or both. */
export type Confirmation = Readonly<Record<string, string>>

/**
 * What the tokens of this request will be bound to: the key of a DPoP proof (RFC 9449 section 5), and the caller's
 * certificate (RFC 8705 section 3) where the client wants that, or must be bound to something and brought no proof.
 * @throws {HttpError} 400 `invalid_dpop_proof`, `use_dpop_nonce`, or `invalid_request` when a constraint is missing
 */
export async function senderConstraint(
  context: Context,
  { request, baseUrl }: Call,
  client: Client,
): Promise<Confirmation | undefined> {
  const { metadata } = client
  const { requireSenderConstraint, verifiedAlgorithms } = profileOf(client)
  const jkt = await verifyDpopProof(context, {
    headers: request.headers,
    method: request.method,
    url: baseUrl + request.path,
    algorithms: verifiedAlgorithms,
  })
  if (jkt === undefined && metadata.dpop_bound_access_tokens) {
    throw invalidRequest('This client’s tokens are bound to a key. Send a DPoP proof (RFC 9449).')
  }
  const byCertificate =
    metadata.tls_client_certificate_bound_access_tokens || (requireSenderConstraint && jkt === undefined)
  if (!byCertificate) return jkt === undefined ? undefined : { jkt }
  if (!request.clientCertificate) {
    throw invalidRequest(
      'This client’s tokens must be bound. Send a DPoP proof (RFC 9449), or present the certificate (RFC 8705) that it registered for.',
    )
  }
  const thumbprint = { 'x5t#S256': certificateThumbprint(request.clientCertificate) }
  return jkt === undefined ? thumbprint : { jkt, ...thumbprint }
}

/** Whether a request proves all that a token is bound to. A token that is bound to nothing asks for nothing. */
export function satisfies(proven: Confirmation | undefined, bound: Confirmation | undefined): boolean {
  return Object.entries(bound ?? {}).every(([member, value]) => proven?.[member] === value)
}
