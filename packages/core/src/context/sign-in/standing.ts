import type { Interaction } from '../../model/authorization.ts'
import type { Client } from '../../model/client.ts'
import type { Context, KnownClient } from '../context.ts'
import type { Call } from '../endpoint.ts'
import { subjectFor } from '../tokens/subject.ts'
import { askedBy } from './asked.ts'
import { interactionDomain, type NextStep, nextStep, type SignInFacts } from './interaction.ts'
import { isApprovedHere } from './interaction-approval.ts'
import { findSession, type SignedIn, signedInBy } from './session.ts'

/** How a sign-in stands: what is known about it, and what comes next. */
export interface Standing extends SignInFacts {
  readonly step: NextStep
}

/** Finds out how a sign-in stands in the calling browser. What does not wait for one another is read together. */
export async function standingOf(
  context: Context,
  call: Call,
  interaction: Interaction,
  known: KnownClient,
): Promise<Standing> {
  const { client, workspace } = known
  const session = await findSession(context, call)
  const [signedIn, approval] = session
    ? await Promise.all([
        signedInBy(context, session),
        context.storage.clientUsers.find(client.id, session.sub),
      ])
    : []
  const facts: SignInFacts = {
    client,
    workspace,
    domain: interactionDomain(known, interaction),
    signedIn,
    expected: signedIn === undefined || (await isExpected(context, client, interaction, signedIn)),
    asked: askedBy(context, interaction),
    approvedHere: signedIn !== undefined && isApprovedHere(call, interaction, signedIn),
    approval,
  }
  return { ...facts, step: nextStep(interaction, facts, context.now()) }
}

/** OpenID Connect Core section 3.1.2.1: the user of the `id_token_hint`, or of the claim `sub`, and nobody else. */
async function isExpected(
  context: Context,
  client: Client,
  { parameters }: Interaction,
  { user }: SignedIn,
): Promise<boolean> {
  const { expected_sub } = parameters
  return expected_sub === undefined || (await subjectFor(context, client, user.sub)) === expected_sub
}
