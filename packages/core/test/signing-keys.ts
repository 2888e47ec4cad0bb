import { newSigningKey } from '../src/context/keys/signing-key.ts'
import { SIGNING_ALGORITHMS, type SigningKey } from '../src/model/authorization.ts'

const BEFORE = new Date('2026-03-04T00:00:00Z')

/** Keys for every kit of a test file: making RSA keys takes longer than all else that a test does. */
export const SIGNING_KEYS: readonly SigningKey[] = await Promise.all(
  SIGNING_ALGORITHMS.map(alg => newSigningKey(alg, { createdAt: BEFORE, activeAt: BEFORE })),
)
