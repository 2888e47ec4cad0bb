import { sha256 } from '../../lib/hash.ts'
import { normaliseHost } from '../../lib/host.ts'
import { randomToken } from '../../lib/random.ts'
import type { Flow, Interaction } from '../../model/authorization.ts'
import type { Approval, ClientUser, Domain } from '../../model/client.ts'
import { isIdentityAssured } from '../clients/client-identity.ts'
import type { Context, KnownClient } from '../context.ts'
import { inLanguage } from '../pages/page-locale.ts'
import { covers } from './asked.ts'
import type { SignedIn } from './session.ts'

/** Where the pages are, relative to where the kit is mounted. */
export const SIGN_IN_PATH = '/sign-in'
export const CONSENT_PATH = '/consent'
export const ERROR_PATH = '/error'
export const ACCOUNT_PATH = '/account'
export const SIGNED_OUT_PATH = '/signed-out'
export const DEVICE_PATH = '/device'

/** Where a flow takes the browser back from the pages, and answers the client. */
export const RESUME_PATHS: Readonly<Record<Flow, string>> = {
  authorization_code: '/oauth/authorize/resume',
  sign_token: '/sign-token/resume',
  device_code: '/device/resume',
}

/** What a client asks for when it wants a user signed in. */
export type SignInRequest = Pick<
  Interaction,
  'flow' | 'clientId' | 'domainId' | 'redirectUri' | 'scopes' | 'parameters'
>

/** An interaction that is not stored yet, and the handle by which the pages will know it. */
export function newInteraction(
  context: Context,
  asked: SignInRequest,
): { readonly handle: string; readonly interaction: Interaction } {
  const handle = randomToken()
  const createdAt = context.now()
  const expiresAt = new Date(createdAt.getTime() + context.config.lifetimes.interactionSeconds * 1000)
  return {
    handle,
    interaction: { ...asked, hash: sha256(handle), deniedAt: undefined, createdAt, expiresAt },
  }
}

/**
 * The URL of a page or a flow's resume for an interaction. The language that was asked for stands in it, too: once the interaction
 * is gone, nothing else knows in which one to say so.
 */
export function interactionUrl(
  baseUrl: string,
  path: string,
  handle: string,
  { parameters }: Pick<Interaction, 'parameters'>,
): string {
  return inLanguage(`${baseUrl}${path}?interaction=${encodeURIComponent(handle)}`, parameters.ui_locales)
}

/** The domain of a client that an interaction is about: the one that asked, or the one that the browser returns to. */
export function interactionDomain(
  { domains }: Pick<KnownClient, 'domains'>,
  { flow, domainId, redirectUri }: Pick<Interaction, 'flow' | 'domainId' | 'redirectUri'>,
): Domain | undefined {
  // A device has no domain; the address that its user comes back to is our own.
  if (flow === 'device_code') return undefined
  if (domainId !== undefined) return domains.find(domain => domain.id === domainId)
  // Normalised like the domain itself: a trailing dot or a port makes no other domain of it.
  const host = URL.canParse(redirectUri) ? normaliseHost(new URL(redirectUri).host) : undefined
  return domains.find(domain => domain.host === host)
}

/** Whether a client may sign users in for a domain at all: rules 4, 7 and 8, which hold for OAuth as for sign-token. */
export function mayLogIn(
  { client, workspace }: Omit<KnownClient, 'domains'>,
  domain: Domain | undefined,
): boolean {
  if (!client.enabled || domain?.active === false || domain?.loginAllowed === false) return false
  return workspace?.planStatus === 'active'
}

/** What stands between a browser and the answer to the client. */
export type NextStep =
  | 'sign_in'
  | 'consent'
  | 'refused'
  | 'expired'
  | 'login_not_possible'
  | 'user_not_allowed'
  | 'answer'

/** All that decides how a sign-in goes on, beside the interaction itself. */
export interface SignInFacts extends Omit<KnownClient, 'domains'> {
  readonly domain: Domain | undefined
  readonly signedIn: SignedIn | undefined
  /** Whether that is who the client expects; true where it expects nobody in particular. */
  readonly expected: boolean
  /** What the interaction asks the user for. */
  readonly asked: Approval
  /** Whether the user has just allowed it, in this interaction and this browser. */
  readonly approvedHere: boolean
  /** What the user approved before. */
  readonly approval: (Approval & Pick<ClientUser, 'updatedAt'>) | undefined
}

/** Decides how a sign-in goes on. Every page and every flow asks this one function, so none can be stepped around. */
export function nextStep(interaction: Interaction, facts: SignInFacts, now: Date): NextStep {
  const { domain, signedIn } = facts
  if (interaction.expiresAt <= now) return 'expired'
  if (interaction.deniedAt !== undefined) return 'refused'
  if (!mayLogIn(facts, domain)) return 'login_not_possible'
  if (signedIn === undefined || mustSignInAgain(interaction, signedIn, now)) return 'sign_in'
  if (!facts.expected) return 'sign_in'
  // Rule 11: a test-mode domain that is set so serves test users and nobody else.
  if (domain?.mode === 'test' && domain.testUsersOnly && !signedIn.user.test) return 'user_not_allowed'
  return mustConsent(interaction, facts) ? 'consent' : 'answer'
}

/** OpenID Connect Core section 3.1.2.1: `prompt=login`, and `max_age` in seconds. */
function mustSignInAgain({ parameters, createdAt }: Interaction, { session }: SignedIn, now: Date): boolean {
  if (hasPrompt(parameters.prompt, 'login') || hasPrompt(parameters.prompt, 'select_account')) {
    return session.authenticatedAt < createdAt
  }
  // Since this interaction began, any sign-in is recent enough: `max_age=0` must not ask for ever.
  if (parameters.max_age === undefined || session.authenticatedAt >= createdAt) return false
  return now.getTime() - session.authenticatedAt.getTime() > Number(parameters.max_age) * 1000
}

/**
 * Whether an approval is good for one interaction only. Whoever sent the user a device's code (RFC 8628 section 5.4) counts on
 * what was approved before, and a payment (RFC 9396) is made once for each yes.
 */
export function isAskedEachTime({ flow, parameters }: Pick<Interaction, 'flow' | 'parameters'>): boolean {
  return flow === 'device_code' || parameters.authorization_details !== undefined
}

/** Whether the user must be asked: nothing was approved yet, more is wanted, or it has to be approved anew. */
function mustConsent(
  interaction: Interaction,
  { client, asked, approvedHere, approval }: SignInFacts,
): boolean {
  const { parameters, redirectUri, createdAt } = interaction
  if (isAskedEachTime(interaction) && !approvedHere) return true
  if (approval === undefined) return true
  // RFC 8252 section 8.6: what was approved before says nothing of whoever asks in the same name today.
  const anew = hasPrompt(parameters.prompt, 'consent') || !isIdentityAssured(client, redirectUri)
  if (anew && approval.updatedAt < createdAt) return true
  return !covers(approval, asked)
}

/** Whether a space-separated `prompt` holds a value. */
export function hasPrompt(prompt: string | undefined, value: string): boolean {
  return prompt?.split(' ').includes(value) === true
}
