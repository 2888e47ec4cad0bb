import type { Invoice } from './invoice.ts'

/** Who asks, as the pages show it. URLs are absolute and already checked to be http or https. */
export interface PageClient {
  readonly name: string
  readonly uri: string | undefined
  readonly logoUri: string | undefined
  readonly policyUri: string | undefined
  readonly tosUri: string | undefined
  /** Whether somebody known to this XWMS vouches for it; else it only says itself who it is, and the pages say so. */
  readonly vouchedFor: boolean
}

/** What every page gets. */
export interface PageBase {
  /** The name of this XWMS, from the configuration's `application.name`. */
  readonly applicationName: string
  /** The language that was chosen for the reader, BCP 47; the page's `lang`. */
  readonly locale: string
  /** For `<style nonce>` and `<script nonce>`; the content security policy allows nothing else. */
  readonly nonce: string
}

/** What every form sends back unchanged, in hidden fields `interaction` and `csrf_token`. */
export interface PageForm {
  /** The path that the form posts to; it may have a query. */
  readonly action: string
  /** Absent where no sign-in is under way: then there is no such field. */
  readonly interaction: string | undefined
  readonly csrfToken: string
}

/** Whose account it is. */
export interface PageUser {
  readonly name: string
  readonly email: string
  readonly picture: string | undefined
}

/**
 * The sign-in page: fields `login` and `password`, button `login-submit` (`decision=submit`) and button
 * `login-cancel` (`decision=cancel`). Field names and element ids are the same words.
 */
export interface SignInView extends PageBase, PageForm {
  /** Absent where somebody signs in to this XWMS itself; then nothing is asked that could be cancelled. */
  readonly client: PageClient | undefined
  /** What stood in the login field, or a hint of who signs in; empty when neither. */
  readonly login: string
  /** A sentence for the person, in English, when the last attempt failed. */
  readonly problem: string | undefined
  /** What names that problem, for pages in another language. */
  readonly problemCode: string | undefined
}

/** One thing that is asked for. */
export interface AskedItem {
  /** By which the client knows it. */
  readonly name: string
  readonly description: string
  /** Whether the user said yes to it before; what is new is what the page is shown for. */
  readonly alreadyApproved: boolean
}

/** The consent page: buttons `consent-allow` (`decision=allow`) and `consent-deny` (`decision=deny`). */
export interface ConsentView extends PageBase, PageForm {
  readonly client: PageClient
  /** The host that the browser returns to. */
  readonly returnsTo: string
  readonly user: PageUser
  /** The code that stands on the device, where one is to be connected: the person compares them. */
  readonly userCode: string | undefined
  /** What is asked for, in words; empty when signing in is all. */
  readonly scopes: readonly AskedItem[]
  /** Single things to be told beyond what the scopes bring (OpenID Connect Core section 5.5), each in words. */
  readonly claims: readonly AskedItem[]
  /** The servers that it wants access to (RFC 8707), described by their names. */
  readonly resources: readonly AskedItem[]
  /** What exactly it wants to do (RFC 9396), each in words. */
  readonly authorizationDetails: readonly AskedItem[]
  /** For how long the application keeps its access at most; absent: until the person takes it back. */
  readonly lastsSeconds: number | undefined
  /** Signs in as somebody else. */
  readonly switchAccountUrl: string
}

/**
 * The page that posts an answer to the client by itself (OAuth 2.0 Form Post Response Mode): a script sends the form, and where
 * there is none, button `form-post-continue` does. The content security policy lets the form go to `action` only.
 */
export interface FormPostView extends PageBase {
  /** The redirect URI; http or https, and already checked to be the client's. */
  readonly action: string
  /** The hidden fields, by name. */
  readonly parameters: Readonly<Record<string, string>>
}

/** The error page: names the code and says what to do. */
export interface ErrorView extends PageBase {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly requestId: string
  /**
   * Where the application waits for this answer: an absolute http or https URL. Nobody vouches for the application, so the
   * person decides whether to go there. Absent where there is nowhere to go.
   */
  readonly returnTo?: string
}

/** The page that takes the code of a device (RFC 8628 section 3.3): field `user_code`, button `device-submit`. */
export interface DeviceView extends PageBase, PageForm {
  /** What was typed, or stood in the address that the device showed; the person confirms it. Empty when neither. */
  readonly userCode: string
  /** A sentence for the person, in English, when the last attempt failed. */
  readonly problem: string | undefined
  /** What names that problem, for pages in another language. */
  readonly problemCode: string | undefined
}

/**
 * The page that asks whether somebody really wants to sign out: buttons `logout-confirm` (`decision=confirm`) and
 * `logout-cancel` (`decision=cancel`).
 */
export interface LogoutView extends PageBase, PageForm {
  /** Who sent the browser here, where that is known. */
  readonly client: PageClient | undefined
  readonly user: PageUser
}

/** What a page tells that asks for nothing. */
export const PAGE_MESSAGES = ['signed_out', 'still_signed_in', 'device_connected', 'device_refused'] as const
export type PageMessage = (typeof PAGE_MESSAGES)[number]

/** A page that tells how something ended. */
export interface MessageView extends PageBase {
  readonly message: PageMessage
  /** The application that it was about, where there was one. */
  readonly client: PageClient | undefined
}

/** A scope that a user has given an application. */
export interface PageScope {
  readonly name: string
  /** What it allows, in words. */
  readonly description: string
}

/** What a user has given an application beside scopes. */
export interface PageAccess {
  /** A single claim (OpenID Connect Core section 5.5), a resource server (RFC 8707), or a detail (RFC 9396). */
  readonly kind: 'claim' | 'resource' | 'detail'
  /** The claim's name, the resource indicator, the detail's type. */
  readonly name: string
  /** In words; of a resource its name. */
  readonly description: string
}

/** An application that a user has given access. */
export interface PageApplication {
  readonly clientId: string
  readonly client: PageClient
  /** What it may do, of which each can be taken back by itself. */
  readonly scopes: readonly PageScope[]
  /** What else it may do; that ends with its whole access. */
  readonly access: readonly PageAccess[]
  readonly since: Date
}

/** A browser in which the user is signed in. */
export interface PageSession {
  readonly sid: string
  /** Whether it is the one that asks. */
  readonly current: boolean
  readonly since: Date
  readonly ip: string
  readonly userAgent: string | undefined
}

/**
 * The account page: what applications may do, and where the user is signed in. Each button sends what it is about:
 * `revoke=<client id>` (ids `revoke-1` …), `remove_scope=<client id> <scope>` (ids `remove-1-1` …, by application and scope),
 * `end_session=<sid>` (ids `end-session-1` …), `decision=end_others`
 * (`end-others`) and `decision=sign_out` (`sign-out`).
 */
export interface AccountView extends PageBase, PageForm {
  readonly user: PageUser
  /** What was just done. */
  readonly notice: 'access_removed' | 'scope_removed' | 'signed_out_elsewhere' | undefined
  readonly applications: readonly PageApplication[]
  /** The newest first. */
  readonly sessions: readonly PageSession[]
  /** IANA; for the times above. */
  readonly timezone: string
}

/** The pages that people see, each as one whole HTML document. `@xwms/pages` implements them; a host may bring its own. */
export interface Pages {
  signIn(view: SignInView): string
  consent(view: ConsentView): string
  device(view: DeviceView): string
  logout(view: LogoutView): string
  message(view: MessageView): string
  account(view: AccountView): string
  formPost(view: FormPostView): string
  error(view: ErrorView): string
  /** The languages that the pages come in, BCP 47. Default: that of the configuration's `application.locale`. */
  readonly locales?: readonly string[]
  /** A whole document for print, with the nonce of its styles. Default: the management API gives no invoices as HTML. */
  invoice?(invoice: Invoice, nonce: string): string
}
