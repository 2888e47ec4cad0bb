import { profileOf } from '../context/clients/profiles.ts'
import type { Context } from '../context/context.ts'
import type { SigningAlgorithm } from '../model/authorization.ts'
import type { Client } from '../model/client.ts'

/** What signs an answer to a client: the algorithm that it registered for it, or else that of its profile. */
export function signingAlgorithmFor(
  context: Context,
  client: Client,
  registered: string | undefined,
): SigningAlgorithm {
  const { signingAlgorithms, defaultSigningAlgorithm } = profileOf(client)
  const usable = signingAlgorithms.filter(alg => context.keys.algorithms().includes(alg))
  return usable.find(alg => alg === registered) ?? defaultSigningAlgorithm
}
