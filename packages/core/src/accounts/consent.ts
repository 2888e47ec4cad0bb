import type { Context } from '../context/context.ts'
import type { Call, OpenEndpoint } from '../context/endpoint.ts'
import { basePathOf } from '../context/issuer.ts'
import { pageClient, pageUser } from '../context/pages/page-client.ts'
import { inLanguage } from '../context/pages/page-locale.ts'
import { pageResponse } from '../context/pages/page-response.ts'
import { checkCsrf, csrfToken } from '../context/sign-in/csrf.ts'
import { CONSENT_PATH, interactionUrl, SIGN_IN_PATH } from '../context/sign-in/interaction.ts'
import { approvedUrl } from '../context/sign-in/interaction-approval.ts'
import type { SignedIn } from '../context/sign-in/session.ts'
import { mayRefresh } from '../context/tokens/may-refresh.ts'
import { formFields } from '../http/body.ts'
import { type HttpResponse, redirectResponse } from '../http/response.ts'
import type { AskedItem, ConsentView } from '../model/page.ts'
import { claimWords, detailType, detailWords, resourceName, scopeWords } from './access-words.ts'
import { findPageInteraction, type PageInteraction } from './page-interaction.ts'

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
      // Authorization details are allowed for this once, so nothing of them is remembered.
      const remembered = { ...page.asked, authorizationDetails: [] }
      await context.storage.clientUsers.approve(client.id, signedIn.user.sub, remembered, context.now())
      return redirectResponse(approvedUrl(context, call, page.resumeUrl, interaction, signedIn))
    }
    await context.storage.interactions.deny(interaction.hash, context.now())
    return redirectResponse(page.resumeUrl)
  },
}

function goOn(call: Call, page: PageInteraction): HttpResponse {
  return redirectResponse(
    page.step === 'sign_in'
      ? interactionUrl(call.baseUrl, SIGN_IN_PATH, page.handle, page.interaction)
      : page.resumeUrl,
  )
}

function form(context: Context, call: Call, page: PageInteraction, signedIn: SignedIn): HttpResponse {
  const { interaction, client } = page
  const csrf = csrfToken(context, call, purposeOf(page, signedIn))
  const redirectUri = new URL(interaction.redirectUri)
  return pageResponse(
    context,
    call,
    (pages, base) =>
      pages.consent({
        ...base,
        action: inLanguage(basePathOf(call.baseUrl) + CONSENT_PATH, interaction.parameters.ui_locales),
        interaction: page.handle,
        csrfToken: csrf.token,
        client: pageClient(client),
        returnsTo: redirectUri.host || redirectUri.protocol,
        user: pageUser(signedIn.user),
        userCode: interaction.flow === 'device_code' ? interaction.parameters.user_code : undefined,
        ...askedItems(context, page, base.locale),
        lastsSeconds: lastsSeconds(context, page),
        switchAccountUrl: `${interactionUrl(call.baseUrl, SIGN_IN_PATH, page.handle, page.interaction)}&switch=1`,
      }),
    {
      returnsTo: interaction.redirectUri,
      uiLocales: interaction.parameters.ui_locales,
      headers: csrf.headers,
    },
  )
}

/** For how long a client can use what is asked for, from one sign-in; its calls of the XWMS API end with the approval alone. */
function lastsSeconds(context: Context, { interaction, client, asked }: PageInteraction): number | undefined {
  if (interaction.flow === 'sign_token') return undefined
  const { accessTokenSeconds, refreshTokenFamilySeconds } = context.config.lifetimes
  const tokens = asked.resources.map(
    identifier => context.resources.find(identifier)?.accessTokenSeconds ?? accessTokenSeconds,
  )
  const last = tokens.length === 0 ? accessTokenSeconds : Math.max(...tokens)
  return mayRefresh(client, asked.scopes) ? refreshTokenFamilySeconds + last : last
}

/** What sign-token-verify tells in any case (xwms-api.md), so the user is asked for it like for the rest. */
const IDENTITY = { name: 'identity', description: 'See your name, email address and picture' }

/** All that is asked for, each thing in words, with what is new marked by not being approved already. */
function askedItems(
  context: Context,
  { interaction, asked, approval }: PageInteraction,
  locale: string,
): Pick<ConsentView, 'scopes' | 'claims' | 'resources' | 'authorizationDetails'> {
  const identity =
    interaction.flow === 'sign_token' ? [{ ...IDENTITY, alreadyApproved: approval !== undefined }] : []
  const item = (name: string, description: string, approved: boolean | undefined): AskedItem => ({
    name,
    description,
    alreadyApproved: approved === true,
  })
  return {
    scopes: [
      ...identity,
      ...asked.scopes.map(name => item(name, scopeWords(context, name), approval?.scopes.includes(name))),
    ],
    claims: asked.claims.map(name => item(name, claimWords(name), approval?.claims.includes(name))),
    resources: asked.resources.map(identifier =>
      item(identifier, resourceName(context, identifier), approval?.resources.includes(identifier)),
    ),
    authorizationDetails: asked.authorizationDetails.map(detail =>
      item(detailType(detail), detailWords(context, detail, locale), false),
    ),
  }
}

function purposeOf(page: PageInteraction, signedIn: SignedIn): string {
  return `consent ${page.interaction.hash} ${signedIn.session.idHash}`
}
