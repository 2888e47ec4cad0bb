import { createHash, X509Certificate } from 'node:crypto'

/**
 * The `x5t#S256` of a certificate, by which tokens are bound to it (RFC 8705 section 3.1): SHA-256 of its DER, base64url.
 * @param certificate in PEM or as base64 of its DER
 */
export function certificateThumbprint(certificate: string): string {
  return createHash('sha256').update(derOf(certificate)).digest('base64url')
}

/** A certificate, to be read; `undefined` when it cannot be. */
export function readCertificate(certificate: string): X509Certificate | undefined {
  try {
    return new X509Certificate(derOf(certificate))
  } catch {
    return undefined
  }
}

/** The first certificate of a chain in PEM is the caller's own. */
function derOf(certificate: string): Buffer {
  const pem = /-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/.exec(certificate)
  return Buffer.from(pem?.[1] ?? certificate, 'base64')
}
