import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

const INFO = 'xwms refresh token successor'

/**
 * Encrypts a refresh token's successor so that the bearer of the token itself, and nobody who only sees the storage, can
 * read it. A repeated refresh is thus answered with the same successor, though every token is stored hashed.
 */
export function sealFor(token: string, successor: string): string {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', keyOf(token), iv)
  const sealed = Buffer.concat([iv, cipher.update(successor, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return sealed.toString('base64url')
}

/**
 * Opens what {@link sealFor} made with the same token.
 * @throws {Error} when it was made with another token, or altered
 */
export function openWith(token: string, sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', keyOf(token), bytes.subarray(0, 12))
  decipher.setAuthTag(bytes.subarray(-16))
  return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString('utf8')
}

function keyOf(token: string): Uint8Array {
  // The token is 256 random bits, so it needs no salt.
  return new Uint8Array(hkdfSync('sha256', token, '', INFO, 32))
}
