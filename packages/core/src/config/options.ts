import type { IncomingMessage } from 'node:http'
import type { PresentedCertificate } from '../http/node.ts'
import type { Application, Project } from '../model/application.ts'
import type { SigningAlgorithm } from '../model/authorization.ts'
import type { Invoice, Seller } from '../model/invoice.ts'
import type { JsonWebKey } from '../model/json-web-key.ts'
import type { Pages } from '../model/page.ts'
import type { Plan, RateLimit } from '../model/plan.ts'
import type { Price } from '../model/price.ts'
import type { Sub, User } from '../model/user.ts'
import type { WorkspaceEvent } from '../model/workspace-event.ts'
import type { RetentionDays } from '../storage/maintenance.ts'
import type { Storage } from '../storage/storage.ts'
import type { ProtectionOptions } from './protection.ts'

/** A pino-compatible logger: an object of fields, then a sentence. Errors come as plain objects: `{ type, message, code, stack, cause }`. */
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
  /**
   * Claims that the host knows beside those of {@link User} (`nickname`, `zoneinfo`, or its own), by their wire names. Only
   * those that a granted scope or the `claims` parameter asked for are given on; a value of `undefined` is left out.
   */
  claims?(user: User): Promise<Readonly<Record<string, unknown>>>
}

/** A signing key that the host holds, for instance in a KMS; the kit never sees its private half. */
export interface HostSigningKey {
  readonly kid: string
  readonly alg: SigningAlgorithm
  readonly publicJwk: JsonWebKey
  /** Signs the bytes of a JWS signing input (RFC 7515 section 5.1); ECDSA as R and S side by side (RFC 7518 section 3.4). */
  sign(data: Uint8Array): Promise<Uint8Array>
}

/** Where signing keys come from, and how long one signs. */
export interface KeyOptions {
  /**
   * Encrypts private keys at rest: random texts of at least 32 characters. The first one encrypts, each one decrypts, so that
   * a new one is put in front and the old one taken out later. Default: none; keys are stored as they are, with a warning.
   */
  readonly encryptionSecrets?: readonly string[]
  /** Keys that the host holds. For their algorithms the kit makes none of its own; the last of an algorithm signs. */
  readonly hosted?: readonly HostSigningKey[]
  /** How long a key signs before the next one does. Default 90 days; 0: for ever. */
  readonly rotateAfterSeconds?: number
  /** How long a key is published before it signs, so that verifiers know it in time. Default 1 day. */
  readonly publishAheadSeconds?: number
}

/** A resource server that access tokens can be bound to (RFC 8707), by its identifier. */
export interface ResourceOptions {
  /** For the consent page. */
  readonly name: string
  /** The scopes that mean something there. Default: every scope of the client. */
  readonly scopes?: readonly string[]
  /** The client that this resource server is when it calls others: it may exchange the tokens that it receives (RFC 8693). */
  readonly clientId?: string
  /**
   * Resource indicators of resource servers that call this one on their users' behalf: a token for one of them may be exchanged
   * (RFC 8693) for one for this, although its user was not asked about this. Default: none.
   */
  readonly exchangedFrom?: readonly string[]
  /** `jwt`: RFC 9068, checked by the resource server itself. Default `opaque`: checked here, and revocable at once. */
  readonly tokenFormat?: 'opaque' | 'jwt'
  /** What signs its JWT access tokens. Default `ES256`. */
  readonly signingAlgorithm?: SigningAlgorithm
  /** Default: the lifetime of access tokens. */
  readonly accessTokenSeconds?: number
  /** Whether tokens for it must be bound to a key (RFC 9449) or a certificate (RFC 8705). Default false: where a client is so. */
  readonly requireSenderConstraint?: boolean
}

/** A kind of authorization detail (RFC 9396 section 2), by its `type`. */
export interface AuthorizationDetailType {
  /**
   * What the user is asked, in words.
   * @param locale the language of the page (BCP 47), one of those that the pages come in
   */
  describe(detail: Readonly<Record<string, unknown>>, locale: string): string
  /** Why a detail cannot be asked for, in words that follow its type; `undefined` when it can. */
  problem(detail: Readonly<Record<string, unknown>>): string | undefined
}

/** How clients that nobody made by hand come in. */
export interface SelfMadeClientOptions {
  /** The workspace that such clients belong to. */
  readonly workspaceId: string
  /** The most that they may be granted. Default: the standard scopes of OpenID Connect. */
  readonly scopes?: readonly string[]
  /** How many there may be at once. Default 1,000. */
  readonly maxClients?: number
  /** After how long one that no user approved is removed. Default 30 days. */
  readonly unusedSeconds?: number
}

/** Dynamic client registration (RFC 7591). */
export interface RegistrationOptions extends SelfMadeClientOptions {
  /** Random texts of at least 32 characters, one of which a registration carries as a bearer token. */
  readonly initialAccessTokens: readonly string[]
}

/** What the authorization server offers beyond the ordinary. Whatever is left out is off. */
export interface OAuthOptions {
  /** By resource indicator: an absolute URI without a fragment. Routes under `protect({ resource })` add theirs. */
  readonly resources?: Readonly<Record<string, ResourceOptions>>
  /** By `type`. */
  readonly authorizationDetails?: Readonly<Record<string, AuthorizationDetailType>>
  readonly registration?: RegistrationOptions
  /** Clients whose id is the address of a document about them (draft-ietf-oauth-client-id-metadata-document). */
  readonly clientIdMetadataDocuments?: SelfMadeClientOptions
  /** Whether clients that were given the grant type may exchange tokens (RFC 8693). Default false. */
  readonly tokenExchange?: boolean
  /** Whether every DPoP proof must carry a nonce of this server (RFC 9449 section 8). Default false. */
  readonly requireDpopNonce?: boolean
  /**
   * Where clients show their certificates, if not at the issuer: the address that stands in place of the issuer there, such as
   * `https://mtls.example.com`. Metadata names the endpoints below it as `mtls_endpoint_aliases` (RFC 8705 section 5), so that no
   * browser is asked for a certificate. The host answers at both.
   */
  readonly mtlsBaseUrl?: string
}

/** A rate of VAT, and why it is that one, where the invoice has to say so. */
export interface VatRule {
  /** 2100 is 21 %. */
  readonly basisPoints: number
  /** Such as `Reverse charge: the recipient accounts for the VAT (Article 196, Directive 2006/112/EC)`. */
  readonly note?: string
}

/** Whoever collects the money of an invoice, such as a payment service. Nothing here knows of cards or accounts. */
export interface PaymentProvider {
  /**
   * Asks for the money of a closed invoice. It is called again when it is not known whether it succeeded, so it must not charge
   * twice: the invoice's number is the key to tell by.
   * @returns what the provider calls it
   */
  collect(invoice: Invoice): Promise<{ readonly reference: string }>
}

/**
 * Writes an invoice as PDF, such as `invoicePdf` of `@xwms/invoice-pdf`. An `InputError` of the code `glyph_missing`, for a name
 * that no font at hand can write, is told to whoever asked; all else that it throws is a failure.
 */
export type InvoicePdf = (invoice: Invoice) => Promise<Uint8Array>

/** What invoices bear beside plans and prices. */
export interface InvoiceOptions {
  readonly seller: Seller
  /** VAT on everything, in basis points: 2100 is 21 %. */
  readonly vatBasisPoints: number
  /** Other rates, by the country of the customer (ISO 3166-1 alpha-2). Default: none. */
  readonly vatByCountry?: Readonly<Record<string, VatRule>>
  /** What numbers begin with, before the year. Default `INV-`. */
  readonly numberPrefix?: string
  /** In how many days an invoice is to be paid. Default 14. */
  readonly dueDays?: number
  /** Whoever collects the money, when that is asked for. Default: nobody; invoices are paid as they say. */
  readonly payments?: PaymentProvider
  /** What writes them as PDF, for the management API and the command line. Default: the API has none. */
  readonly pdf?: InvoicePdf
}

/** How the kit calls others: `jwks_uri`, `request_uri`, client documents, logout. */
export interface OutboundOptions {
  /** Whether addresses of private networks and of this machine may be called. Default false; for tests. */
  readonly allowPrivateAddresses?: boolean
  /** Further trust roots, in PEM. */
  readonly ca?: string
  /** How long one call may take. Default 5. */
  readonly timeoutSeconds?: number
}

/** When usage is written, and what happens while it cannot be. */
export interface MeterOptions {
  /**
   * `before-response`: a response ends once its usage event is committed. `after-response`: it does not wait, and what a process
   * has not written when it is killed is lost, or when it is closed and the storage stays away for eight seconds more. Default
   * `before-response`.
   */
  readonly commit?: 'before-response' | 'after-response'
  /**
   * What becomes of requests while the storage is away. `refuse`: 503, before the host's handler runs. `queue`: they are served, and
   * their events wait. `admit`: they are served, and never metered; a log line says how many. Default `refuse`.
   *
   * With `queue` and `admit`, callers who were known before are served by what was known of them. Limits then hold for each
   * process by itself.
   */
  readonly whenUnavailable?: 'refuse' | 'queue' | 'admit'
  /** How many events may wait in `queue`; beyond it requests are refused. Default 100,000. */
  readonly queueEvents?: number
  /** For how long after the storage went away callers are served from memory. Default 300. */
  readonly outageSeconds?: number
}

/** The management API under `/manage/v1`. */
export interface ManagementOptions {
  /**
   * How often each may call it: a client for itself, and each user through each client. What it answers is neither metered nor
   * billed. `false`: as often as they like. Default 600 requests in 60 seconds.
   */
  readonly rateLimit?: RateLimit | false
}

/** What the request log keeps beside refusals. */
export interface RequestLogOptions {
  /** The share of admitted requests that are kept, from 0 to 1. Default 1. */
  readonly successes?: number
}

/**
 * How long records stay, and how often processes look for what can go. Defaults: `eventDays` 400, `requestLogDays` 30,
 * `auditDays` 730.
 */
export interface RetentionOptions extends RetentionDays {
  /**
   * Each process looks about this often; of several on one storage, one works. Default 60; 0: never by itself, for those who
   * run `xwms maintain` instead.
   */
  readonly everySeconds: number
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
  /** A request that was pushed (RFC 9126). Default 60. */
  readonly pushedRequestSeconds: number
  /** A device code (RFC 8628). Default 600. */
  readonly deviceCodeSeconds: number
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
  /** Plans by name, all that workspaces are on, and at least one. Default: `basic` and `enterprise` of xwms-api.md. */
  readonly plans?: Readonly<Record<string, Plan>>
  /** Prices of a request by their names. Added to, and replacing, the defaults of xwms-api.md. */
  readonly prices?: Readonly<Record<string, Price>>
  /** Needed to close a month. Default: none; what a month costs can be seen all the same, without VAT. */
  readonly invoices?: InvoiceOptions
  /** Further scopes by name, each with the words that the consent page shows. */
  readonly scopes?: Readonly<Record<string, string>>
  readonly lifetimes?: Partial<Lifetimes>
  readonly retention?: Partial<RetentionOptions>
  readonly keys?: KeyOptions
  readonly oauth?: OAuthOptions
  readonly outbound?: OutboundOptions
  /**
   * Facts about callers kept in memory. Defaults: 10,000 callers, 30 seconds. A change reaches every process through the
   * storage within a second; the time limit stands behind that.
   */
  readonly credentialCache?: { readonly maxCallers?: number; readonly seconds?: number }
  readonly meter?: MeterOptions
  readonly management?: ManagementOptions
  readonly requestLog?: RequestLogOptions
  /** Which answers of guarded routes carry `RateLimit` and `RateLimit-Policy`. Default `refusals`. */
  readonly rateLimitHeaders?: 'always' | 'refusals'
  /** The largest body read by the kit's own endpoints. Default 65,536. */
  readonly bodyLimitBytes?: number
  /**
   * How much is tolerated of wrong secrets, passwords and codes before whoever sends them has to wait; `false` for any
   * number. Defaults: those of {@link ProtectionOptions}.
   */
  readonly protection?: Partial<ProtectionOptions> | false
  /**
   * Told of each event of a workspace (an allowance that runs out, a secret that is being guessed) once, by the process that
   * recorded it; to send a mail, for example. What it throws is logged and disturbs nothing. Default: nobody.
   */
  readonly onEvent?: (event: WorkspaceEvent) => void | Promise<void>
  /** Default: warnings and errors as lines on standard error. */
  readonly logger?: Logger
  /** The clock. Default: the machine's. */
  readonly now?: () => Date
}

/**
 * The options as a framework's adapter takes them: it brings storage in memory, and the pages, where the host does not.
 */
export type XwmsOptions = Omit<KitOptions, 'storage' | 'pages'> &
  Partial<Pick<KitOptions, 'storage' | 'pages'>> & {
    /**
     * Where the certificate of a caller who speaks mutual TLS (RFC 8705) is found, such as in a field that only your own proxy
     * can set. Default: the TLS connection, where Node itself ends it.
     */
    readonly clientCertificate?: FindCertificate
  }

/** Finds the certificate that came with a request. */
export type FindCertificate = (request: IncomingMessage) => PresentedCertificate | undefined
