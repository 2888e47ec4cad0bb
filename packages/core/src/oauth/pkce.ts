import { constantTimeEqual, sha256 } from '../lib/hash.ts'

/** RFC 7636 section 4.1: 43 to 128 unreserved characters. */
const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/
/** The base64url of a SHA-256. */
const CHALLENGE = /^[A-Za-z0-9_-]{43}$/

/** Whether a `code_challenge` can be an S256 one. `plain` is not offered (OAuth 2.1 section 4.1.1). */
export function isS256Challenge(challenge: string): boolean {
  return CHALLENGE.test(challenge)
}

/**
 * Why a `code_verifier` does not belong to an S256 challenge (RFC 7636 section 4.6), as a sentence.
 * @returns `undefined` when it does
 */
export function verifierProblem(verifier: string | undefined, challenge: string): string | undefined {
  if (verifier === undefined) return 'Send the code_verifier.'
  if (!VERIFIER.test(verifier))
    return 'The code_verifier must have 43 to 128 characters of A-Z a-z 0-9 - . _ ~.'
  return constantTimeEqual(sha256(verifier), challenge)
    ? undefined
    : 'The code_verifier does not belong to the code_challenge.'
}
