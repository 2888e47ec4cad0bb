import type { Interaction } from '../../model/authorization.ts'
import type { Context } from '../context.ts'
import type { Call } from '../endpoint.ts'
import { csrfToken, isCsrfToken } from './csrf.ts'
import { isAskedEachTime } from './interaction.ts'
import type { SignedIn } from './session.ts'

// A remembered approval never connects a device: an attacker who has a code of his own would only have to lead the user
// to the end of the flow (RFC 8628 section 5.4). Nor does it pay twice (RFC 9396). So the consent page gives the browser a
// proof that it was just answered, for this interaction, by this session, and nobody else can make that proof.

/** Where the browser goes once the user has allowed what was asked. */
export function approvedUrl(
  context: Context,
  call: Call,
  resumeUrl: string,
  interaction: Interaction,
  signedIn: SignedIn,
): string {
  if (!isAskedEachTime(interaction)) return resumeUrl
  return `${resumeUrl}&approval=${csrfToken(context, call, purposeOf(interaction, signedIn)).token}`
}

/** Whether the user has just allowed what this interaction asks, here. */
export function isApprovedHere(call: Call, interaction: Interaction, signedIn: SignedIn): boolean {
  const given = call.query.get('approval')
  return given !== null && isCsrfToken(call, purposeOf(interaction, signedIn), given)
}

function purposeOf({ hash }: Interaction, { session }: SignedIn): string {
  return `approval ${hash} ${session.idHash}`
}
