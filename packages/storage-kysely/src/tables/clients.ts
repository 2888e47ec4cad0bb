import type { Client, ClientUser, Domain, Member, Secret, Workspace } from '@xwms/core'
import { flag, integer, json, type Row, table, text, texts, time } from '../table.ts'

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
  operatorRateLimit: json(),
  operatorRateLimitSetBy: text(),
  operatorRateLimitSetAt: time,
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

/** Workspaces, and the clients that they have. */
export interface ClientTables {
  workspaces: Row<Workspace>
  members: Row<Member>
  clients: Row<Client>
  secrets: Row<Secret>
  domains: Row<Domain>
  secret_domains: { client_id: string; secret_id: string; domain_id: string }
  client_users: Row<ClientUser>
  workspace_plans: { workspace_id: string; since: Date; plan: string }
}
