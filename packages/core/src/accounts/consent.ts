import type { Context } from '../context/context.ts'
import type { Call, OpenEndpoint } from '../context/endpoint.ts'
import { CONSENT_PATH, interactionUrl, SIGN_IN_PATH } from '../context/interaction.ts'
import { basePathOf } from '../context/issuer.ts'
import { pageResponse } from '../context/page-response.ts'
import type { SignedIn } from '../context/session.ts'
import { type HttpResponse, redirectResponse } from '../http/response.ts'
import type { Interaction } from '../model/authorization.ts'
import type { ClientUser } from '../model/client.ts'
import type { ConsentView } from '../model/page.ts'
import { checkCsrf, csrfToken } from './csrf.ts'
import { findPageInteraction, type PageInteraction, pageClient } from './page-interaction.ts'
import { formFields } from './sign-in.ts'

/** Asks the user whether the client may have what it asks for; goes on silently where that was approved before. */
export const consentPage: OpenEndpoint = {
  method: 'GET',
  path: CONSENT_PATH,
  body: 'none',
  failure: 'page',
  async handle(context, call) {
    const page = await findPageInteraction(context, call, call.query.get('interaction') ?? '')
    if (page.step !== 'consent' || page.signedIn === undefined) return goOn(call, page)
    return form(context, call, page, page.signedIn)
  },
}

/** Takes the user's decision. Only `allow` allows. */
export const consentForm: OpenEndpoint = {
  method: 'POST',
  path: CONSENT_PATH,
  body: 'form',
  failure: 'page',
  async handle(context, call) {
    const fields = formFields(call.input)
    const page = await findPageInteraction(context, call, fields.get('interaction') ?? '')
    // Signed out, or signed in as somebody else, since the page was shown: the token names the session it was made for.
    if (page.step !== 'consent' || page.signedIn === undefined) return goOn(call, page)
    checkCsrf(call, purposeOf(page, page.signedIn), fields.get('csrf_token') ?? '')
    const { interaction, client, signedIn } = page
    if (fields.get('decision') === 'allow') {
      await context.storage.clientUsers.approve(
        client.id,
        signedIn.user.sub,
        interaction.scopes,
        context.now(),
      )
    } else {
      await context.storage.interactions.deny(interaction.hash, context.now())
    }
    return redirectResponse(page.resumeUrl)
  },
}

function goOn(call: Call, page: PageInteraction): HttpResponse {
  return redirectResponse(
    page.step === 'sign_in' ? interactionUrl(call.baseUrl, SIGN_IN_PATH, page.handle) : page.resumeUrl,
  )
}

async function form(
  context: Context,
  call: Call,
  page: PageInteraction,
  signedIn: SignedIn,
): Promise<HttpResponse> {
  const { interaction, client } = page
  const approval = await context.storage.clientUsers.find(client.id, signedIn.user.sub)
  const csrf = csrfToken(context, call, purposeOf(page, signedIn))
  const redirectUri = new URL(interaction.redirectUri)
  return pageResponse(
    context,
    (pages, base) =>
      pages.consent({
        ...base,
        action: basePathOf(call.baseUrl) + CONSENT_PATH,
        interaction: page.handle,
        csrfToken: csrf.token,
        client: pageClient(client),
        returnsTo: redirectUri.host || redirectUri.protocol,
        user: { name: signedIn.user.name, email: signedIn.user.email, picture: signedIn.user.picture },
        scopes: askedFor(context, interaction, approval),
        switchAccountUrl: `${interactionUrl(call.baseUrl, SIGN_IN_PATH, page.handle)}&switch=1`,
      }),
    { returnsTo: interaction.redirectUri, headers: csrf.headers },
  )
}

/** What sign-token-verify tells in any case (xwms-api.md), so the user is asked for it like for the rest. */
const IDENTITY = { name: 'identity', description: 'See your name, email address and picture' }

function askedFor(
  context: Context,
  { flow, scopes }: Interaction,
  approval: ClientUser | undefined,
): ConsentView['scopes'] {
  const identity = flow === 'sign_token' ? [{ ...IDENTITY, alreadyApproved: approval !== undefined }] : []
  const asked = scopes.map(name => ({
    name,
    description: context.config.scopes[name] ?? name,
    alreadyApproved: approval?.scopes.includes(name) === true,
  }))
  return [...identity, ...asked]
}

function purposeOf(page: PageInteraction, signedIn: SignedIn): string {
  return `consent ${page.interaction.hash} ${signedIn.session.idHash}`
}
