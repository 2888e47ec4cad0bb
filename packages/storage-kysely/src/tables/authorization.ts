import type {
  AccessToken,
  Code,
  DeviceCode,
  Grant,
  Interaction,
  LogoutDelivery,
  PushedRequest,
  RefreshToken,
  SigningKey,
} from '@xwms/core'
import type { Generated } from 'kysely'
import { integer, json, type Kind, type Row, table, text, texts, time } from '../table.ts'

type WireParameters = Readonly<Record<string, string>>

export const interactions = table<Interaction>('interactions', {
  hash: text(),
  flow: text(),
  clientId: text(),
  domainId: text(),
  redirectUri: text(),
  scopes: texts,
  parameters: json<WireParameters>(),
  deniedAt: time,
  createdAt: time,
  expiresAt: time,
})

export const pushedRequests = table<PushedRequest>('pushed_requests', {
  hash: text(),
  clientId: text(),
  parameters: json<WireParameters>(),
  createdAt: time,
  expiresAt: time,
})

type Decision = NonNullable<DeviceCode['decision']>

/** As JSON, in which the time of the sign-in is text. */
const decision: Kind<Decision> = {
  ...json<Decision>(),
  read(value) {
    const read = value as Decision
    return read.denied ? read : { ...read, authenticatedAt: time.read(read.authenticatedAt) }
  },
}

export const deviceCodes = table<DeviceCode>('device_codes', {
  hash: text(),
  userCodeHash: text(),
  clientId: text(),
  scopes: texts,
  parameters: json<WireParameters>(),
  intervalSeconds: integer,
  decision,
  createdAt: time,
  expiresAt: time,
})

export const logoutDeliveries = table<LogoutDelivery>('logout_deliveries', {
  id: text(),
  clientId: text(),
  sub: text(),
  sid: text(),
  attempts: integer,
  createdAt: time,
  nextAttemptAt: time,
})

export const codes = table<Code>('codes', {
  hash: text(),
  flow: text(),
  clientId: text(),
  domainId: text(),
  sub: text(),
  sid: text(),
  authenticatedAt: time,
  amr: texts,
  redirectUri: text(),
  scopes: texts,
  parameters: json<WireParameters>(),
  createdAt: time,
  expiresAt: time,
})

export const grants = table<Grant>('grants', {
  id: text(),
  clientId: text(),
  sub: text(),
  sid: text(),
  scopes: texts,
  authenticatedAt: time,
  amr: texts,
  parameters: json<WireParameters>(),
  createdAt: time,
  revokedAt: time,
})

export const accessTokens = table<AccessToken>('access_tokens', {
  hash: text(),
  grantId: text(),
  clientId: text(),
  sub: text(),
  scopes: texts,
  audience: texts,
  authorizationDetails: text(),
  confirmation: json<WireParameters>(),
  createdAt: time,
  expiresAt: time,
})

export const refreshTokens = table<RefreshToken>('refresh_tokens', {
  hash: text(),
  grantId: text(),
  clientId: text(),
  scopes: texts,
  confirmation: json<WireParameters>(),
  createdAt: time,
  expiresAt: time,
  familyExpiresAt: time,
})

export const signingKeys = table<SigningKey>('signing_keys', {
  kid: text(),
  alg: text(),
  publicJwk: json(),
  privateJwk: json(),
  createdAt: time,
  activeAt: time,
  retiredAt: time,
})

/** What users grant and clients get. */
export interface AuthorizationTables {
  interactions: Row<Interaction>
  codes: Row<Code>
  grants: Row<Grant>
  refresh_tokens: Row<RefreshToken>
  signing_keys: Row<SigningKey>
  logout_deliveries: Omit<Row<LogoutDelivery>, 'id' | 'attempts'> & {
    id: Generated<string>
    attempts: Generated<number>
  }
}
