import { createHash } from 'node:crypto'
import type { Json } from './draft.ts'

/** What a client under fire may ask for. */
export const SCOPES = [
  'openid',
  'profile',
  'email',
  'address',
  'offline_access',
  'userinfo',
  'useraddresses',
  'manage:read',
  'manage',
]

/** The clients under fire, by what is particular about them. */
export const PARTIES = [
  'shop',
  'openid',
  'app',
  'signer',
  'remote',
  'fapi',
  'mutualTls',
  'selfSigned',
  'resourceServer',
] as const
export type PartyName = (typeof PARTIES)[number]

/** A client as its developer has it. */
export interface PartyIntroduction {
  readonly id: string
  readonly method:
    | 'client_secret'
    | 'private_key_jwt'
    | 'tls_client_auth'
    | 'self_signed_tls_client_auth'
    | 'none'
  readonly secret?: string
  /** Private keys as JSON Web Keys, with kid, alg and use. */
  readonly jwks: readonly { [name: string]: Json }[]
  /** Base64 of the DER of its certificate. */
  readonly certificate?: string
  readonly redirectUri: string
  readonly grantTypes: readonly string[]
  readonly scopes: readonly string[]
  /** Whether its tokens must be bound to a key. */
  readonly bound: boolean
  /** Whether its requests must be pushed. */
  readonly pushes: boolean
}

/** What the server tells of itself. */
export interface Introduction {
  /** Where it listens. */
  readonly url: string
  readonly clientId: string
  readonly clientSecret: string
  readonly domain: string
  readonly redirectUri: string
  /** The one that is managed: the user's, and the resource server's. */
  readonly workspaceId: string
  /** Blocks that the workspace's clients were the reason for. */
  readonly blockIds: readonly string[]
  readonly invoiceNumber: string
  readonly sub: string
  readonly email: string
  readonly password: string
  readonly parties: Readonly<Record<PartyName, PartyIntroduction>>
  readonly initialAccessToken: string
  /** The address of the server that belongs to clients. */
  readonly farSide: string
  /** Clients whose ids are addresses there. */
  readonly documentClients: readonly string[]
}

/** The address that the world knows the server by, and that every request names. */
export const ISSUER = 'http://localhost:3000'

/** Resource indicators: of tokens that are checked here, of such that are JWTs, of the host's own route, and of managing. */
export const RESOURCES = {
  opaque: 'https://api.example.com',
  jwt: 'https://files.example.com/v1',
  host: `${ISSUER}/tools`,
  management: `${ISSUER}/manage/v1`,
} as const

/** A type of authorization details (RFC 9396). */
export const DETAIL_TYPE = 'payment'

/** In these fields a proxy would pass on a caller's certificate, and whether somebody vouches for it. */
export const CERTIFICATE = 'x-client-certificate'
export const CERTIFICATE_VERIFIED = 'x-client-verified'

export const CODE_VERIFIER = 'a'.repeat(43)
export const CODE_CHALLENGE = createHash('sha256').update(CODE_VERIFIER).digest('base64url')
