import type { Application, Project } from '../model/application.ts'
import type { Pages } from '../model/page.ts'
import type { Plan } from '../model/plan.ts'
import type { Sub, User } from '../model/user.ts'
import type { Storage } from '../storage/storage.ts'

/** A pino-compatible logger: an object of fields, then a sentence. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** Where people come from. The built-in accounts live in the storage; a host that has its own users brings this. */
export interface Accounts {
  find(sub: Sub): Promise<User | undefined>
  /**
   * Answers the user when the password is theirs. It must take as long for an unknown login as for a wrong password.
   * @param login what the person typed, unchanged
   */
  signIn(login: string, password: string): Promise<User | undefined>
}

/** How long things live, in seconds. */
export interface Lifetimes {
  /** A sign-in under way, and with it the token that `sign-token` returns. Default 600. */
  readonly interactionSeconds: number
  /** The token in a sign-token callback. Default 120. */
  readonly callbackTokenSeconds: number
  /** An authorization code; RFC 6749 section 4.1.2 allows 600 at most. Default 60. */
  readonly codeSeconds: number
  /** Default 3600. */
  readonly accessTokenSeconds: number
  /** Default 3600. */
  readonly idTokenSeconds: number
  /** A refresh token that nobody uses. Default 30 days. */
  readonly refreshTokenIdleSeconds: number
  /** A family of refresh tokens, used or not. Default 365 days. */
  readonly refreshTokenFamilySeconds: number
  /** In which a repeated refresh gets the same successor. Default 10. */
  readonly refreshGraceSeconds: number
  /** A browser session. Default 14 days. */
  readonly sessionSeconds: number
}

/** The options of {@link createKit}, grouped by purpose. Whatever is left out has the default beside it. */
export interface KitOptions {
  /**
   * The address of this XWMS as the world sees it: `https://example.com` or `https://example.com/auth`, without a slash
   * at the end. Absent (development): each request's own address, as long as that is this machine.
   */
  readonly issuer?: string
  /**
   * The path under which the host application sees the kit, when a proxy strips or adds some of it.
   * Default: the issuer's path, or, without an issuer, where the framework mounted it.
   */
  readonly mountPath?: string
  readonly storage: Storage
  readonly pages: Pages
  /** Default: the built-in accounts. */
  readonly accounts?: Accounts
  /** Default: `XWMS` in English and UTC. */
  readonly application?: Partial<Application>
  /** Default: none. */
  readonly projects?: readonly Project[]
  /** Plans by name. Default: `basic` and `enterprise` of xwms-api.md. */
  readonly plans?: Readonly<Record<string, Plan>>
  /** Nano-euro per request by price name. Added to, and replacing, the defaults of xwms-api.md. */
  readonly prices?: Readonly<Record<string, number>>
  /** Further scopes by name, each with the words that the consent page shows. */
  readonly scopes?: Readonly<Record<string, string>>
  readonly lifetimes?: Partial<Lifetimes>
  /**
   * Facts about callers kept in memory. Defaults: 10,000 callers, 30 seconds. A change reaches every process through the
   * storage within a second; the time limit stands behind that.
   */
  readonly credentialCache?: { readonly maxCallers?: number; readonly seconds?: number }
  /** The largest body read by the kit's own endpoints. Default 65,536. */
  readonly bodyLimitBytes?: number
  /** Default: warnings and errors as lines on standard error. */
  readonly logger?: Logger
  /** The clock. Default: the machine's. */
  readonly now?: () => Date
}

/** The options as a framework's adapter takes them: it brings storage in memory, and the pages, where the host does not. */
export type XwmsOptions = Omit<KitOptions, 'storage' | 'pages'> &
  Partial<Pick<KitOptions, 'storage' | 'pages'>>
