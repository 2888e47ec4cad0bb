import type { Pair } from './draft.ts'
import type { PartyName } from './introduction.ts'
import type { SigningKey } from './jose.ts'
import type { Scene } from './scene.ts'

/** A form of a page, as the page came with it, and the cookie of the browser that it came to. */
export interface OpenForm {
  readonly interaction: string
  readonly csrfToken: string
  readonly cookie: string
}

/** A form of a page that belongs to no sign-in. */
export interface OwnForm extends Omit<OpenForm, 'interaction'> {
  readonly interaction?: undefined
}

/** Tokens of a client's, and what they are bound to. */
export interface TokenSet {
  readonly accessToken: string
  readonly refreshToken?: string
  readonly idToken?: string
  readonly key?: SigningKey
  readonly certificate?: string
}

/** A client that registered itself. */
export interface Registration {
  readonly clientId: string
  readonly token: string
  readonly secret: string | undefined
}

/** What a client has at hand. */
export interface Holding {
  /** Authorization codes that nobody has redeemed, for {@link CODE_VERIFIER}. */
  readonly codes: readonly string[]
  readonly tokens: readonly TokenSet[]
  /** Tokens for the host's route. */
  readonly hostTokens: readonly TokenSet[]
  /** Tokens for managing the workspace. */
  readonly managementTokens: readonly TokenSet[]
  /** References to requests that were pushed. */
  readonly pushed: readonly string[]
  readonly deviceCodes: readonly string[]
  readonly userCodes: readonly string[]
}

/** What valid requests are made of, gathered from the server as a browser and a client would. */
export interface Material extends Scene {
  /** Of a browser in which the user is signed in. */
  readonly cookie: string
  /** Of browsers in which the user is signed in and may be signed out, some with an ID token of that session. */
  readonly sessions: readonly string[]
  readonly logouts: readonly (OwnForm & { readonly idToken: string })[]
  /** Sign-ins under way, of both flows, that wait for a password. */
  readonly signInForms: readonly OpenForm[]
  /** Sign-ins under way that wait for a decision. */
  readonly consentForms: readonly OpenForm[]
  /** The forms of the device page, the account page and its sign-in, and the question about signing out. */
  readonly deviceForm: OwnForm
  readonly accountForm: OwnForm
  readonly ownSignInForm: OwnForm
  readonly logoutForm: OwnForm
  /** Where the browser goes once its user has allowed a device something. */
  readonly deviceApprovals: readonly { readonly query: readonly Pair[]; readonly cookie: string }[]
  readonly holdings: Readonly<Record<PartyName, Holding>>
  /** Clients that registered themselves: such that stay, and such that may be deleted. */
  readonly registrations: readonly Registration[]
  readonly doomed: readonly Registration[]
  /** Tokens of a sign-token callback that nobody has verified. */
  readonly callbackTokens: readonly string[]
  readonly addressId: number
}
