import type { X509Certificate } from 'node:crypto'
import { calculateJwkThumbprint, type JWK } from 'jose'
import { clientKeySet, newerClientKeySet } from '../../context/clients/client-keys.ts'
import type { Context } from '../../context/context.ts'
import type { Call } from '../../context/endpoint.ts'
import { readCertificate } from '../../context/tokens/certificate.ts'
import { matchesSubject } from '../../lib/certificate-subject.ts'
import type { Client } from '../../model/client.ts'
import type { ClientMetadata } from '../../model/client-metadata.ts'
import type { JsonWebKey } from '../../model/json-web-key.ts'
import { Refused } from './proof.ts'

/**
 * What a client proves without sending anything but its id: `tls_client_auth` and `self_signed_tls_client_auth` (RFC 8705
 * section 2) by its certificate, `none` by nothing.
 * @throws {Refused}
 */
export async function proveByConnection(
  context: Context,
  call: Call,
  client: Client,
): Promise<'tls_client_auth' | 'self_signed_tls_client_auth' | 'none'> {
  const method = client.metadata.token_endpoint_auth_method ?? 'none'
  switch (method) {
    case 'none':
      return method
    case 'tls_client_auth': {
      const certificate = presentedCertificate(call)
      if (call.request.clientCertificateVerified !== true)
        throw new Refused('no authority vouches for its certificate')
      if (!matchesSubject(certificate, expectedSubject(client.metadata))) {
        throw new Refused('its certificate is for another subject')
      }
      return method
    }
    case 'self_signed_tls_client_auth':
      if (!(await isRegistered(context, client, presentedCertificate(call)))) {
        throw new Refused('its certificate is not registered')
      }
      return method
    default:
      throw new Refused(`it registered ${method}, and sent no such proof`)
  }
}

function presentedCertificate({ request }: Call): X509Certificate {
  const certificate = request.clientCertificate ? readCertificate(request.clientCertificate) : undefined
  if (certificate === undefined) throw new Refused('it presented no certificate that can be read')
  return certificate
}

/** RFC 8705 section 2.1.2: exactly one of these is registered. */
function expectedSubject(metadata: ClientMetadata) {
  return {
    dn: metadata.tls_client_auth_subject_dn,
    dns: metadata.tls_client_auth_san_dns,
    uri: metadata.tls_client_auth_san_uri,
    ip: metadata.tls_client_auth_san_ip,
    email: metadata.tls_client_auth_san_email,
  }
}

/** RFC 8705 section 2.2: whether the certificate, or its public key, is among the client's keys. */
async function isRegistered(
  context: Context,
  client: Client,
  certificate: X509Certificate,
): Promise<boolean> {
  try {
    const wanted = {
      x5c: certificate.raw.toString('base64'),
      // Anybody can present a certificate, also with a kind of key that Node cannot read or no JSON Web Key can hold.
      thumbprint: await calculateJwkThumbprint(certificate.publicKey.export({ format: 'jwk' }) as JWK),
    }
    if (await isAmong(wanted, await clientKeySet(context, client))) return true
    return await isAmong(wanted, (await newerClientKeySet(context, client)) ?? [])
  } catch (error) {
    throw new Refused(error instanceof Error ? error.message : String(error))
  }
}

async function isAmong(
  wanted: { readonly x5c: string; readonly thumbprint: string },
  keys: readonly JsonWebKey[],
): Promise<boolean> {
  for (const key of keys) {
    if (Array.isArray(key.x5c) && key.x5c[0] === wanted.x5c) return true
    const thumbprint = await calculateJwkThumbprint(key as JWK).catch(() => undefined)
    if (thumbprint === wanted.thumbprint) return true
  }
  return false
}
