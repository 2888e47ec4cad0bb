import type {
  AccessToken,
  Address,
  AuditEntry,
  Block,
  Client,
  ClientUser,
  Code,
  DeviceCode,
  Domain,
  Grant,
  Interaction,
  LogoutDelivery,
  Member,
  PushedRequest,
  RefreshToken,
  RequestLogEntry,
  Secret,
  Session,
  SigningKey,
  UsageCounter,
  UsageEvent,
  User,
  Workspace,
  WorkspaceEvent,
} from '@xwms/core'
import type { Generated, GeneratedAlways } from 'kysely'
import {
  duration,
  flag,
  integer,
  json,
  type Kind,
  type Row,
  table,
  text,
  texts,
  time,
  total,
  uuid,
} from './table.ts'

type JsonObject = Readonly<Record<string, unknown>>
type WireParameters = Readonly<Record<string, string>>

export const users = table<User>('users', {
  sub: text(),
  email: text(),
  emailVerified: flag,
  passwordHash: text(),
  name: text(),
  givenName: text(),
  familyName: text(),
  picture: text(),
  birthDate: text(),
  gender: text(),
  secondEmail: text(),
  phoneNumber: text(),
  country: text(),
  locale: text(),
  socials: json(),
  test: flag,
  disabledAt: time,
  createdAt: time,
  updatedAt: time,
})

export const addresses = table<Address>('addresses', {
  id: integer,
  sub: text(),
  type: text(),
  name: text(),
  companyName: text(),
  firstname: text(),
  lastname: text(),
  phone: text(),
  email: text(),
  taxNr: text(),
  registrationNr: text(),
  accessCode: text(),
  postalCode: text(),
  houseNumber: text(),
  street: text(),
  city: text(),
  country: text(),
  createdAt: time,
  updatedAt: time,
})

export const sessions = table<Session>('sessions', {
  idHash: text(),
  sid: text(),
  sub: text(),
  authenticatedAt: time,
  amr: texts,
  createdAt: time,
  expiresAt: time,
  ip: text(),
  userAgent: text(),
})

export const workspaces = table<Workspace>('workspaces', {
  id: text(),
  name: text(),
  plan: text(),
  planStatus: text(),
  monthlyRequestCap: integer,
  monthlySpendCapNanoEuro: integer,
  billing: json(),
  createdAt: time,
})

export const members = table<Member>('members', {
  workspaceId: text(),
  sub: text(),
  role: text(),
  createdAt: time,
})

export const clients = table<Client>('clients', {
  id: text(),
  workspaceId: text(),
  name: text(),
  type: text(),
  profile: text(),
  source: text(),
  enabled: flag,
  linksSecretsToDomains: flag,
  requirePkce: flag,
  grantTypes: texts,
  scopes: texts,
  redirectUris: texts,
  uri: text(),
  logoUri: text(),
  policyUri: text(),
  tosUri: text(),
  metadata: json(),
  rateLimit: json(),
  rateLimitSetBy: text(),
  rateLimitSetAt: time,
  registrationTokenHash: text(),
  createdAt: time,
  updatedAt: time,
})

export const secrets = table<Secret>('secrets', {
  id: text(),
  clientId: text(),
  name: text(),
  hash: text(),
  hint: text(),
  createdAt: time,
  expiresAt: time,
  revokedAt: time,
  lastUsedAt: time,
})

export const domains = table<Domain>('domains', {
  id: text(),
  clientId: text(),
  host: text(),
  mode: text(),
  active: flag,
  loginAllowed: flag,
  apiAllowed: flag,
  ipAllowlist: texts,
  testUsersOnly: flag,
  fallbackUri: text(),
  createdAt: time,
})

export const clientUsers = table<ClientUser>('client_users', {
  clientId: text(),
  sub: text(),
  scopes: texts,
  claims: texts,
  resources: texts,
  authorizationDetails: texts,
  createdAt: time,
  updatedAt: time,
})

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

export const usageEvents = table<UsageEvent>('usage_events', {
  id: uuid,
  at: time,
  workspaceId: text(),
  clientId: text(),
  domainId: text(),
  route: text(),
  mode: text(),
  sub: text(),
  status: integer,
  durationMs: duration,
  priceNanoEuro: integer,
  requestId: text(),
  month: time,
})

export const usageCounters = table<UsageCounter>('usage_counters', {
  hour: time,
  workspaceId: text(),
  clientId: text(),
  domainId: text(),
  route: text(),
  mode: text(),
  statusClass: integer,
  unitPriceNanoEuro: integer,
  month: time,
  requests: total,
})

export const requestLog = table<RequestLogEntry>('request_log', {
  id: uuid,
  at: time,
  requestId: text(),
  workspaceId: text(),
  clientId: text(),
  domainId: text(),
  route: text(),
  status: integer,
  durationMs: duration,
  ip: text(),
  userAgent: text(),
  refusedBy: text(),
  facts: json<JsonObject>(),
})

export const audit = table<AuditEntry>('audit', {
  id: text(),
  at: time,
  actor: text(),
  action: text(),
  workspaceId: text(),
  target: text(),
  ip: text(),
  before: json<JsonObject>(),
  after: json<JsonObject>(),
})

export const blocks = table<Block>('blocks', {
  id: text(),
  subject: text(),
  answer: text(),
  reason: text(),
  score: integer,
  workspaceId: text(),
  clientId: text(),
  exempt: texts,
  createdAt: time,
  expiresAt: time,
  liftedAt: time,
  facts: json<JsonObject>(),
})

export const workspaceEvents = table<WorkspaceEvent>('workspace_events', {
  id: text(),
  at: time,
  workspaceId: text(),
  clientId: text(),
  type: text(),
  key: text(),
  message: text(),
  data: json<JsonObject>(),
})

/** The tables as Kysely knows them; those that only prepared statements touch are not among them. */
export interface Tables {
  users: Row<User>
  addresses: Omit<Row<Address>, 'id'> & { id: GeneratedAlways<number> }
  sessions: Row<Session>
  workspaces: Row<Workspace>
  members: Row<Member>
  clients: Row<Client>
  secrets: Row<Secret>
  domains: Row<Domain>
  secret_domains: { client_id: string; secret_id: string; domain_id: string }
  client_users: Row<ClientUser>
  interactions: Row<Interaction>
  codes: Row<Code>
  grants: Row<Grant>
  refresh_tokens: Row<RefreshToken>
  signing_keys: Row<SigningKey>
  session_clients: { sid: string; client_id: string }
  logout_deliveries: Omit<Row<LogoutDelivery>, 'id' | 'attempts'> & {
    id: Generated<string>
    attempts: Generated<number>
  }
  usage_events: Row<UsageEvent>
  /** A view of `usage_counts` and `usage_shapes`. */
  usage_counters: Row<UsageCounter>
  usage_counts: { shape: string; month: Date; hour: Date; status_class: number; requests: string }
  usage_shapes: { id: string } & Pick<
    Row<UsageCounter>,
    'workspace_id' | 'client_id' | 'domain_id' | 'route' | 'mode' | 'unit_price_nano_euro'
  >
  request_log: Row<RequestLogEntry>
  audit: Row<AuditEntry> & { written: GeneratedAlways<number> }
  blocks: Row<Block>
  workspace_events: Row<WorkspaceEvent>
  workspace_months: { workspace_id: string; month: Date; closed_at: Date | null }
  workspace_plans: { workspace_id: string; since: Date; plan: string }
  invoice_years: { year: number; last: number }
  invoices: {
    number: string
    year: number
    sequence: number
    workspace_id: string
    month: Date
    document: unknown
  }
  migrations: { name: string; applied_at: Date }
}
