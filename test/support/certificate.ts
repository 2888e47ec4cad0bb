// Certificates for tests that speak TLS: an authority of their own, and what it signs. Nothing is written to disk.

import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const DAY_MS = 86_400_000

/** A certificate with its private key, both in PEM, as Node's TLS takes them. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** An authority that servers and clients trust by its `cert`. */
export interface Authority extends Certificate {
  /** @param hosts names and IP addresses. Default: all of this machine's. */
  server(hosts?: readonly string[]): Promise<Certificate>
  /**
   * A certificate of a client for mutual TLS (RFC 8705).
   * @param subject its distinguished name, such as `CN=shop, O=Acme`
   * @param names its subject alternative names
   */
  client(subject: string, names?: readonly x509.JsonGeneralName[]): Promise<Certificate>
}

export const THIS_MACHINE = ['localhost', '127.0.0.1', '::1'] as const

export async function createAuthority(name = 'CN=Test authority'): Promise<Authority> {
  const keys = await generateKeys()
  const own = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity(),
    name,
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  })

  async function sign(subject: string, usage: string, names: readonly x509.JsonGeneralName[]) {
    const { publicKey, privateKey } = await generateKeys()
    const signed = await x509.X509CertificateGenerator.create({
      ...validity(),
      subject,
      issuer: own.subject,
      publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.ExtendedKeyUsageExtension([usage]),
        ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension([...names])] : []),
      ],
    })
    return { cert: pem(signed), key: await pemOf(privateKey) }
  }

  return {
    cert: pem(own),
    key: await pemOf(keys.privateKey),
    server: (hosts = THIS_MACHINE) =>
      sign(`CN=${hosts[0]}`, x509.ExtendedKeyUsage.serverAuth, hosts.map(generalName)),
    client: (subject, names = []) => sign(subject, x509.ExtendedKeyUsage.clientAuth, names),
  }
}

/** A certificate that nobody vouches for, as `self_signed_tls_client_auth` works with (RFC 8705 section 2.2). */
export async function selfSigned(subject: string): Promise<Certificate> {
  const keys = await generateKeys()
  const own = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity(),
    name: subject,
    keys,
    signingAlgorithm: ALGORITHM,
  })
  return { cert: pem(own), key: await pemOf(keys.privateKey) }
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
}

function validity() {
  return {
    serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(8)).fill(1, 0, 1)).toString('hex'),
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + DAY_MS),
  }
}

function pem(certificate: x509.X509Certificate): string {
  // With the line break at its end, so that one can be put behind another.
  return `${certificate.toString('pem')}\n`
}

async function pemOf(privateKey: webcrypto.CryptoKey): Promise<string> {
  const bytes = await webcrypto.subtle.exportKey('pkcs8', privateKey as webcrypto.CryptoKey)
  return `${x509.PemConverter.encode(bytes, 'PRIVATE KEY')}\n`
}

function generalName(host: string): x509.JsonGeneralName {
  return { type: /^[\d.]+$|:/.test(host) ? 'ip' : 'dns', value: host }
}
