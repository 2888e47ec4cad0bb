import type { Context } from '../context/context.ts'
import type { Call } from '../context/endpoint.ts'
import {
  interactionDomain,
  interactionUrl,
  type NextStep,
  nextStep,
  RESUME_PATHS,
} from '../context/interaction.ts'
import { currentSession, type SignedIn } from '../context/session.ts'
import { HttpError } from '../errors.ts'
import { sha256 } from '../lib/hash.ts'
import type { Interaction } from '../model/authorization.ts'
import type { Client } from '../model/client.ts'
import type { PageClient } from '../model/page.ts'

/** A sign-in that a page is about, and where it stands. */
export interface PageInteraction {
  readonly handle: string
  readonly interaction: Interaction
  readonly client: Client
  readonly signedIn: SignedIn | undefined
  readonly step: NextStep
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
  const client = interaction && (await context.storage.clients.find(interaction.clientId))
  if (interaction === undefined || client === undefined) {
    throw new HttpError(
      410,
      'interaction_gone',
      'This sign-in is finished or has expired. Go back to the application and start again.',
    )
  }
  const signedIn = await currentSession(context, call)
  const domain = await interactionDomain(context, client.id, interaction.domainId, interaction.redirectUri)
  return {
    handle,
    interaction,
    client,
    signedIn,
    step: await nextStep(context, interaction, client, domain, signedIn),
    resumeUrl: interactionUrl(call.baseUrl, RESUME_PATHS[interaction.flow], handle),
  }
}

/** A client as the pages show it. */
export function pageClient(client: Client): PageClient {
  const { name, uri, logoUri, policyUri, tosUri } = client
  return { name, uri, logoUri, policyUri, tosUri }
}
