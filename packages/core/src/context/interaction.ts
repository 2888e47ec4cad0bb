import { sha256 } from '../lib/hash.ts'
import { normaliseHost } from '../lib/host.ts'
import { randomToken } from '../lib/random.ts'
import type { Flow, Interaction } from '../model/authorization.ts'
import type { Client, ClientUser, Domain } from '../model/client.ts'
import type { Context } from './context.ts'
import type { SignedIn } from './session.ts'

/** Where the pages are, relative to where the kit is mounted. */
export const SIGN_IN_PATH = '/sign-in'
export const CONSENT_PATH = '/consent'
export const ERROR_PATH = '/error'

/** Where a flow takes the browser back from the pages, and answers the client. */
export const RESUME_PATHS: Readonly<Record<Flow, string>> = {
  authorization_code: '/oauth/authorize/resume',
  sign_token: '/sign-token/resume',
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

/** The URL of a page or a flow's resume for an interaction. */
export function interactionUrl(baseUrl: string, path: string, handle: string): string {
  return `${baseUrl}${path}?interaction=${encodeURIComponent(handle)}`
}

/** The domain of a client that an interaction is about: the one that asked, or the one that the browser returns to. */
export async function interactionDomain(
  context: Context,
  clientId: string,
  domainId: string | undefined,
  redirectUri: string,
): Promise<Domain | undefined> {
  const domains = await context.storage.clients.domains(clientId)
  // Normalised like the domain itself: a trailing dot or a port makes no other domain of it.
  const host = URL.canParse(redirectUri) ? normaliseHost(new URL(redirectUri).host) : undefined
  return domainId === undefined
    ? domains.find(domain => domain.host === host)
    : domains.find(domain => domain.id === domainId)
}

/** Whether a client may sign users in for a domain at all: rules 4, 7 and 8, which hold for OAuth as for sign-token. */
export async function mayLogIn(
  context: Context,
  client: Client,
  domain: Domain | undefined,
): Promise<boolean> {
  if (!client.enabled || domain?.active === false || domain?.loginAllowed === false) return false
  const workspace = await context.storage.workspaces.find(client.workspaceId)
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

/** Decides how a sign-in goes on. Every page and every flow asks this one function, so none can be stepped around. */
export async function nextStep(
  context: Context,
  interaction: Interaction,
  client: Client,
  domain: Domain | undefined,
  signedIn: SignedIn | undefined,
): Promise<NextStep> {
  const now = context.now()
  if (interaction.expiresAt <= now) return 'expired'
  if (interaction.deniedAt !== undefined) return 'refused'
  if (!(await mayLogIn(context, client, domain))) return 'login_not_possible'
  if (signedIn === undefined || mustSignInAgain(interaction, signedIn, now)) return 'sign_in'
  // Rule 11: a test-mode domain that is set so serves test users and nobody else.
  if (domain?.mode === 'test' && domain.testUsersOnly && !signedIn.user.test) return 'user_not_allowed'
  const approval = await context.storage.clientUsers.find(client.id, signedIn.user.sub)
  return mustConsent(interaction, approval) ? 'consent' : 'answer'
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

/** Whether the user must be asked: nothing was approved yet, more is wanted, or `prompt=consent` wants it anew. */
function mustConsent(
  { scopes, parameters, createdAt }: Interaction,
  approval: ClientUser | undefined,
): boolean {
  if (approval === undefined) return true
  if (hasPrompt(parameters.prompt, 'consent') && approval.updatedAt < createdAt) return true
  return !scopes.every(scope => approval.scopes.includes(scope))
}

/** Whether a space-separated `prompt` holds a value. */
export function hasPrompt(prompt: string | undefined, value: string): boolean {
  return prompt?.split(' ').includes(value) === true
}
