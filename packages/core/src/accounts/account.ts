import type { Context } from '../context/context.ts'
import type { Call, OpenEndpoint } from '../context/endpoint.ts'
import { basePathOf } from '../context/issuer.ts'
import { pageClient, pageUser } from '../context/pages/page-client.ts'
import { inLanguage } from '../context/pages/page-locale.ts'
import { pageResponse } from '../context/pages/page-response.ts'
import { checkCsrf, csrfToken } from '../context/sign-in/csrf.ts'
import { ACCOUNT_PATH, SIGNED_OUT_PATH } from '../context/sign-in/interaction.ts'
import { currentSession, endSession, logOut, type SignedIn } from '../context/sign-in/session.ts'
import { formFields } from '../http/body.ts'
import { type HttpResponse, redirectResponse } from '../http/response.ts'
import { addressText } from '../lib/ip.ts'
import type { Client, ClientUser } from '../model/client.ts'
import type { AccountView, PageApplication, PageSession } from '../model/page.ts'
import type { Session, Sub } from '../model/user.ts'
import { accessBesideScopes, scopeWords } from './access-words.ts'
import { ownSignInUrl } from './sign-in.ts'

/** What was just done, by `done`. */
const NOTICES: readonly AccountView['notice'][] = ['access_removed', 'scope_removed', 'signed_out_elsewhere']

/** Shows a user which applications may use the account, and where it is signed in. */
export const accountPage: OpenEndpoint = {
  method: 'GET',
  path: ACCOUNT_PATH,
  body: 'none',
  failure: 'page',
  async handle(context, call) {
    const signedIn = await currentSession(context, call)
    return signedIn === undefined ? toSignIn(call) : show(context, call, signedIn)
  },
}

/** Takes access away, all of an application's or a single scope, or signs out. Whose it is comes from the session; a form can only name what is the user's own. */
export const accountForm: OpenEndpoint = {
  method: 'POST',
  path: ACCOUNT_PATH,
  body: 'form',
  failure: 'page',
  async handle(context, call) {
    const signedIn = await currentSession(context, call)
    if (signedIn === undefined) return toSignIn(call)
    const fields = formFields(call.input)
    checkCsrf(call, purposeOf(signedIn), fields.get('csrf_token') ?? '')
    const { sub } = signedIn.user
    const clientId = fields.get('revoke')
    if (clientId) {
      const removed = await context.storage.clientUsers.revoke(clientId, sub, context.now())
      return done(call, removed ? 'access_removed' : undefined)
    }
    const [from = '', scope = ''] = fields.get('remove_scope')?.split(' ') ?? []
    if (scope) {
      const removed = await context.storage.clientUsers.removeScope(from, sub, scope, context.now())
      return done(call, removed ? 'scope_removed' : undefined)
    }
    const sid = fields.get('end_session')
    if (sid) {
      await endOthers(context, call, signedIn, session => session.sid === sid)
      return done(call, 'signed_out_elsewhere')
    }
    switch (fields.get('decision')) {
      case 'end_others':
        await endOthers(context, call, signedIn, () => true)
        return done(call, 'signed_out_elsewhere')
      case 'sign_out':
        return redirectResponse(staying(call, call.baseUrl + SIGNED_OUT_PATH), {
          'set-cookie': await endSession(context, call),
        })
      default:
        return done(call, undefined)
    }
  },
}

async function endOthers(
  context: Context,
  call: Call,
  { session, user }: SignedIn,
  which: (other: Session) => boolean,
): Promise<void> {
  const sessions = await context.storage.sessions.list(user.sub, context.now())
  for (const other of sessions) {
    if (other.idHash !== session.idHash && which(other)) await logOut(context, call, other.idHash)
  }
}

async function show(context: Context, call: Call, signedIn: SignedIn): Promise<HttpResponse> {
  const { session, user } = signedIn
  const csrf = csrfToken(context, call, purposeOf(signedIn))
  const approved = await approvedBy(context, user.sub)
  const sessions = await context.storage.sessions.list(user.sub, context.now())
  return pageResponse(
    context,
    call,
    (pages, base) =>
      pages.account({
        ...base,
        action: staying(call, basePathOf(call.baseUrl) + ACCOUNT_PATH),
        interaction: undefined,
        csrfToken: csrf.token,
        user: pageUser(user),
        notice: NOTICES.find(notice => notice === call.query.get('done')),
        applications: approved.map(one => pageApplication(context, one, base.locale)),
        sessions: sessions.map(other => pageSession(other, other.idHash === session.idHash)),
        timezone: context.config.application.timezone,
      }),
    { headers: csrf.headers },
  )
}

interface Approved {
  readonly client: Client
  readonly approval: ClientUser
}

async function approvedBy(context: Context, sub: Sub): Promise<readonly Approved[]> {
  const approvals = await context.storage.clientUsers.list(sub)
  const applications = await Promise.all(
    approvals.map(async approval => {
      const client = await context.storage.clients.find(approval.clientId)
      return client && { client, approval }
    }),
  )
  return applications.filter(application => application !== undefined)
}

function pageApplication(context: Context, { client, approval }: Approved, locale: string): PageApplication {
  return {
    clientId: client.id,
    client: pageClient(client),
    scopes: approval.scopes.map(name => ({ name, description: scopeWords(context, name) })),
    access: accessBesideScopes(context, approval, locale),
    since: approval.createdAt,
  }
}

function pageSession({ sid, authenticatedAt, ip, userAgent }: Session, current: boolean): PageSession {
  return { sid, current, since: authenticatedAt, ip: addressText(ip), userAgent }
}

function toSignIn(call: Call): HttpResponse {
  return redirectResponse(staying(call, ownSignInUrl(call.baseUrl, 'account')))
}

function done(call: Call, notice: AccountView['notice']): HttpResponse {
  const query = notice === undefined ? '' : `?done=${notice}`
  return redirectResponse(staying(call, call.baseUrl + ACCOUNT_PATH + query))
}

/** An address in the language of the page that the browser is at. */
function staying({ query }: Call, address: string): string {
  return inLanguage(address, query.get('ui_locales'))
}

function purposeOf({ session }: SignedIn): string {
  return `account ${session.idHash}`
}
