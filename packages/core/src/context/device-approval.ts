import type { Interaction } from '../model/authorization.ts'
import type { Context } from './context.ts'
import { csrfToken, isCsrfToken } from './csrf.ts'
import type { Call } from './endpoint.ts'
import type { SignedIn } from './session.ts'

// A remembered approval never connects a device: an attacker who has a code of his own would only have to lead the user
// to the end of the flow (RFC 8628 section 5.4). So the consent page gives the browser a proof that it was just answered,
// for this device, by this session, and nobody else can make that proof.

/** Where the browser goes once the user has allowed what was asked. */
export function approvedUrl(
  context: Context,
  call: Call,
  resumeUrl: string,
  interaction: Interaction,
  signedIn: SignedIn,
): string {
  if (interaction.flow !== 'device_code') return resumeUrl
  return `${resumeUrl}&approval=${csrfToken(context, call, purposeOf(interaction, signedIn)).token}`
}

/** Whether the user has just allowed this device, here. */
export function isApproved(call: Call, interaction: Interaction, signedIn: SignedIn): boolean {
  return isCsrfToken(call, purposeOf(interaction, signedIn), call.query.get('approval') ?? '')
}

function purposeOf({ hash }: Interaction, { session }: SignedIn): string {
  return `device ${hash} ${session.idHash}`
}
