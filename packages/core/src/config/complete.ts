import { DEFAULT_INVOICES, DEFAULT_KEYS, DEFAULT_OAUTH, DEFAULT_SELF_MADE_CLIENTS } from './defaults.ts'
import type {
  InvoiceOptions,
  KeyOptions,
  OAuthOptions,
  RegistrationOptions,
  SelfMadeClientOptions,
} from './options.ts'

/** What is left out of these is not offered. */
export interface CompleteOAuthOptions extends Required<Omit<OAuthOptions, SelfMade | 'mtlsBaseUrl'>> {
  readonly mtlsBaseUrl: string | undefined
  readonly registration: Required<RegistrationOptions> | undefined
  readonly clientIdMetadataDocuments: Required<SelfMadeClientOptions> | undefined
}
type SelfMade = 'registration' | 'clientIdMetadataDocuments'

export type CompleteInvoiceOptions = Required<Omit<InvoiceOptions, 'payments' | 'pdf'>> &
  Pick<InvoiceOptions, 'payments' | 'pdf'>

export function completeInvoices({ payments, pdf, ...given }: InvoiceOptions): CompleteInvoiceOptions {
  // The provider is no plain data: its function may belong to an object of a class.
  return Object.freeze({
    ...frozenCopy({ ...given, ...withDefaults(DEFAULT_INVOICES, given) }),
    ...(payments && { payments }),
    ...(pdf && { pdf }),
  })
}

export function completeKeys(given: KeyOptions | undefined): Required<KeyOptions> {
  const { encryptionSecrets, hosted, ...seconds } = withDefaults(DEFAULT_KEYS, given)
  return Object.freeze({
    ...seconds,
    encryptionSecrets: frozenCopy(encryptionSecrets),
    hosted: Object.freeze([...hosted]),
  })
}

export function completeOAuth(given: OAuthOptions = {}): CompleteOAuthOptions {
  const { registration, clientIdMetadataDocuments, mtlsBaseUrl, ...others } = given
  const { resources, authorizationDetails, ...offered } = withDefaults(DEFAULT_OAUTH, others)
  return Object.freeze({
    ...offered,
    mtlsBaseUrl,
    resources: frozenCopy(resources),
    // Not copies of what is inside: its functions may belong to an object of a class.
    authorizationDetails: Object.freeze({ ...authorizationDetails }),
    registration:
      registration &&
      frozenCopy({ ...registration, ...withDefaults(DEFAULT_SELF_MADE_CLIENTS, registration) }),
    clientIdMetadataDocuments:
      clientIdMetadataDocuments &&
      frozenCopy({
        ...clientIdMetadataDocuments,
        ...withDefaults(DEFAULT_SELF_MADE_CLIENTS, clientIdMetadataDocuments),
      }),
  })
}

/** A group of options over its defaults. One that is given as `undefined` is left out: a lifetime must not become none. */
export function withDefaults<T extends object>(defaults: T, given: Partial<T> = {}): T {
  const members = Object.entries(given).filter(([, member]) => member !== undefined)
  return { ...defaults, ...Object.fromEntries(members) }
}

/** Plain data that changes no more, whatever the host does with what it gave. */
export function frozenCopy<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date) return new Date(value) as T
  const members = Object.entries(value).map(([name, member]) => [name, frozenCopy(member)] as const)
  return Object.freeze(
    Array.isArray(value) ? members.map(([, member]) => member) : Object.fromEntries(members),
  ) as T
}
