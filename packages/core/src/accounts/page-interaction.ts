import type { Context } from '../context/context.ts'
import type { Call } from '../context/endpoint.ts'
import { interactionUrl, RESUME_PATHS } from '../context/sign-in/interaction.ts'
import { type Standing, standingOf } from '../context/sign-in/standing.ts'
import { HttpError } from '../errors.ts'
import { sha256 } from '../lib/hash.ts'
import type { Interaction } from '../model/authorization.ts'

/** A sign-in that a page is about, and where it stands. */
export interface PageInteraction extends Standing {
  readonly handle: string
  readonly interaction: Interaction
  /** Where the flow goes on. */
  readonly resumeUrl: string
}

/**
 * Finds the sign-in that a page was opened for.
 * @throws {HttpError} 410 `interaction_gone`: finished, unknown, or cleaned away long after its end
 */
export async function findPageInteraction(
  context: Context,
  call: Call,
  handle: string,
): Promise<PageInteraction> {
  const interaction = handle === '' ? undefined : await context.storage.interactions.find(sha256(handle))
  const known = interaction && (await context.clients.find(interaction.clientId))
  if (interaction === undefined || known === undefined) {
    throw new HttpError(
      410,
      'interaction_gone',
      'This sign-in is finished or has expired. Go back to the application or the device; if it still waits, start again.',
    )
  }
  return {
    ...(await standingOf(context, call, interaction, known)),
    handle,
    interaction,
    resumeUrl: interactionUrl(call.baseUrl, RESUME_PATHS[interaction.flow], handle, interaction),
  }
}
