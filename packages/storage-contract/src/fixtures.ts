import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import type {
  AccessToken,
  AddressFields,
  Approval,
  AuditEntry,
  Block,
  Client,
  Code,
  DeviceApproval,
  DeviceCode,
  Domain,
  Failure,
  Grant,
  Interaction,
  Member,
  MeteredRequest,
  PushedRequest,
  RefreshToken,
  RequestLogEntry,
  Reservation,
  Secret,
  Session,
  SigningKey,
  Storage,
  UsageBatch,
  User,
  WindowUse,
  Workspace,
  WorkspaceEvent,
} from '@xwms/core'

/** The moment at which everything here was made, unless a test says otherwise. */
const now = new Date('2026-03-14T15:09:26.535Z')

/** A moment so many seconds after {@link now}; before it, when negative. */
function later(seconds: number): Date {
  return new Date(now.getTime() + seconds * 1000)
}

/** What a SHA-256 in base64url looks like. */
function hash(): string {
  return randomBytes(32).toString('base64url')
}

/** A random `sub`, as a storage would meet it. */
function sub(): string {
  return String(randomInt(1, 2 ** 48 - 1))
}

function user(given: Partial<User> = {}): User {
  return {
    sub: sub(),
    email: `${randomUUID()}@example.com`,
    emailVerified: true,
    passwordHash: undefined,
    name: 'Zoë Ångström 🦊',
    givenName: 'Zoë',
    familyName: 'Ångström',
    picture: undefined,
    birthDate: '1990-02-28',
    gender: 'other',
    secondEmail: undefined,
    phoneNumber: undefined,
    country: 'NL',
    locale: 'nl-NL',
    socials: [{ platform: 'github', username: 'zoë', url: 'https://github.com/zoe' }],
    test: false,
    disabledAt: undefined,
    createdAt: now,
    updatedAt: now,
    ...given,
  }
}

function addressFields(given: Partial<AddressFields> = {}): AddressFields {
  return {
    type: 'billing',
    name: 'Büro',
    companyName: undefined,
    firstname: '雅',
    lastname: '王',
    phone: undefined,
    email: undefined,
    taxNr: undefined,
    registrationNr: undefined,
    accessCode: undefined,
    postalCode: '1012 AB',
    houseNumber: '7 bis',
    street: "Rue de l'Église",
    city: 'Amsterdam',
    country: 'NL',
    ...given,
  }
}

function session(given: Partial<Session> = {}): Session {
  return {
    idHash: hash(),
    sid: randomUUID(),
    sub: sub(),
    authenticatedAt: now,
    amr: ['pwd', 'otp'],
    createdAt: now,
    expiresAt: later(3600),
    ip: '2001:db8::1',
    userAgent: 'Mozilla/5.0 (test)',
    ...given,
  }
}

function workspace(given: Partial<Workspace> = {}): Workspace {
  return {
    id: randomUUID(),
    name: 'Müller & Söhne',
    plan: 'basic',
    planStatus: 'active',
    monthlyRequestCap: undefined,
    monthlySpendCapNanoEuro: undefined,
    billing: undefined,
    createdAt: now,
    ...given,
  }
}

function member(workspace: Workspace, given: Partial<Member> = {}): Member {
  return { workspaceId: workspace.id, sub: sub(), role: 'owner', createdAt: now, ...given }
}

function client(workspace: Workspace, given: Partial<Client> = {}): Client {
  return {
    id: randomUUID(),
    workspaceId: workspace.id,
    name: 'Webshop “Größe”',
    type: 'confidential',
    profile: 'openid',
    source: 'managed',
    enabled: true,
    linksSecretsToDomains: false,
    requirePkce: true,
    grantTypes: ['authorization_code', 'refresh_token'],
    scopes: ['openid', 'email', 'userinfo'],
    redirectUris: ['https://shop.example/callback', 'https://shop.example/callback?a={1,2}&b="x"'],
    uri: 'https://shop.example',
    logoUri: undefined,
    policyUri: undefined,
    tosUri: undefined,
    metadata: { contacts: ['a@example.com'], software_version: '1.0' },
    rateLimit: undefined,
    rateLimitSetBy: undefined,
    rateLimitSetAt: undefined,
    registrationTokenHash: undefined,
    createdAt: now,
    updatedAt: now,
    ...given,
  }
}

function secret(client: Client, given: Partial<Secret> = {}): Secret {
  return {
    id: randomUUID(),
    clientId: client.id,
    name: 'production',
    hash: hash(),
    hint: 'a1B2',
    createdAt: now,
    expiresAt: undefined,
    revokedAt: undefined,
    lastUsedAt: undefined,
    ...given,
  }
}

function domain(client: Client, given: Partial<Domain> = {}): Domain {
  return {
    id: `dom_${randomUUID()}`,
    clientId: client.id,
    host: `${randomBytes(6).toString('hex')}.example`,
    mode: 'live',
    active: true,
    loginAllowed: true,
    apiAllowed: true,
    ipAllowlist: ['192.0.2.1', '2001:db8::/32'],
    testUsersOnly: false,
    fallbackUri: undefined,
    createdAt: now,
    ...given,
  }
}

function approval(given: Partial<Approval> = {}): Approval {
  return { scopes: ['openid'], claims: [], resources: [], authorizationDetails: [], ...given }
}

function interaction(client: Client, given: Partial<Interaction> = {}): Interaction {
  return {
    hash: hash(),
    flow: 'authorization_code',
    clientId: client.id,
    domainId: undefined,
    redirectUri: 'https://shop.example/callback',
    scopes: ['openid'],
    parameters: { state: 'ünï\u0000code', code_challenge: 'x'.repeat(43) },
    deniedAt: undefined,
    createdAt: now,
    expiresAt: later(600),
    ...given,
  }
}

function pushedRequest(client: Client, given: Partial<PushedRequest> = {}): PushedRequest {
  return {
    hash: hash(),
    clientId: client.id,
    parameters: { response_type: 'code', state: 'ünïcode "&\\', scope: 'openid' },
    createdAt: now,
    expiresAt: later(60),
    ...given,
  }
}

function deviceCode(client: Client, given: Partial<DeviceCode> = {}): DeviceCode {
  return {
    hash: hash(),
    userCodeHash: hash(),
    clientId: client.id,
    scopes: ['openid', 'email'],
    parameters: { resource: 'https://api.example/ä' },
    intervalSeconds: 5,
    decision: undefined,
    createdAt: now,
    expiresAt: later(600),
    ...given,
  }
}

function deviceApproval(given: Partial<DeviceApproval> = {}): DeviceApproval {
  return { sub: sub(), sid: randomUUID(), authenticatedAt: now, amr: ['pwd'], scopes: ['openid'], ...given }
}

function code(client: Client, given: Partial<Code> = {}): Code {
  return {
    hash: hash(),
    flow: 'authorization_code',
    clientId: client.id,
    domainId: undefined,
    sub: sub(),
    sid: randomUUID(),
    authenticatedAt: now,
    amr: ['pwd'],
    redirectUri: 'https://shop.example/callback',
    scopes: ['openid', 'email'],
    parameters: { nonce: 'n-0S6_WzA2Mj' },
    createdAt: now,
    expiresAt: later(60),
    ...given,
  }
}

function grant(client: Client, given: Partial<Grant> = {}): Grant {
  return {
    id: randomUUID(),
    clientId: client.id,
    sub: sub(),
    sid: randomUUID(),
    scopes: ['openid', 'offline_access'],
    authenticatedAt: now,
    amr: ['pwd'],
    parameters: { nonce: 'n-0S6_WzA2Mj' },
    createdAt: now,
    revokedAt: undefined,
    ...given,
  }
}

function accessToken(grant: Grant, given: Partial<AccessToken> = {}): AccessToken {
  return {
    hash: hash(),
    grantId: grant.id,
    clientId: grant.clientId,
    sub: grant.sub,
    scopes: grant.scopes,
    audience: ['https://api.example/ä'],
    authorizationDetails: undefined,
    confirmation: undefined,
    createdAt: now,
    expiresAt: later(3600),
    ...given,
  }
}

function refreshToken(grant: Grant, given: Partial<RefreshToken> = {}): RefreshToken {
  return {
    hash: hash(),
    grantId: grant.id,
    clientId: grant.clientId,
    scopes: grant.scopes,
    confirmation: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' },
    createdAt: now,
    expiresAt: later(86_400),
    familyExpiresAt: later(30 * 86_400),
    ...given,
  }
}

function signingKey(given: Partial<SigningKey> = {}): SigningKey {
  return {
    kid: randomUUID(),
    alg: 'ES256',
    publicJwk: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' },
    privateJwk: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'd' },
    createdAt: now,
    activeAt: now,
    retiredAt: undefined,
    ...given,
  }
}

function meteredRequest(given: Partial<MeteredRequest> = {}): MeteredRequest {
  return {
    at: now,
    workspaceId: 'workspace',
    clientId: 'client',
    domainId: 'dom_1',
    route: 'POST /api/get/user/info',
    mode: 'live',
    sub: undefined,
    status: 200,
    durationMs: 12.5,
    priceNanoEuro: 10_000,
    requestId: randomUUID(),
    caller: undefined,
    ...given,
  }
}

function usageBatch(events: readonly MeteredRequest[], windows: readonly WindowUse[] = []): UsageBatch {
  return { id: randomUUID(), events, windows }
}

function windowUse(given: Partial<WindowUse> = {}): WindowUse {
  return { key: `rate:${randomUUID()}`, start: now, end: later(60), since: now, used: 1, ...given }
}

function reservation(given: Partial<Reservation> = {}): Reservation {
  return { key: `rate:${randomUUID()}`, windowStart: now, windowEnd: later(60), limit: 3, ...given }
}

function requestLogEntry(given: Partial<RequestLogEntry> = {}): RequestLogEntry {
  return {
    id: randomUUID(),
    at: now,
    requestId: randomUUID(),
    workspaceId: 'workspace',
    clientId: 'client',
    domainId: undefined,
    route: 'POST /api/sign-token',
    status: 403,
    durationMs: 0.75,
    ip: 'fe80::1%eth0',
    userAgent: undefined,
    refusedBy: 'ip_not_allowed',
    facts: { ip: 'fe80::1%eth0', allowlist: ['192.0.2.1'] },
    ...given,
  }
}

function audit(given: Partial<AuditEntry> = {}): AuditEntry {
  return {
    id: randomUUID(),
    at: now,
    actor: 'cli',
    action: 'thing.changed',
    workspaceId: undefined,
    target: 'thing',
    ip: undefined,
    before: undefined,
    after: { name: 'ünïcode' },
    ...given,
  }
}

function block(given: Partial<Block> = {}): Block {
  return {
    id: randomUUID(),
    subject: `ip:secret ${randomUUID()}`,
    answer: 'block',
    reason: 'secret_guessing',
    score: 120,
    workspaceId: 'workspace',
    clientId: undefined,
    exempt: [],
    createdAt: now,
    expiresAt: later(60),
    liftedAt: undefined,
    facts: { failures: 12, näme: ['x'] },
    ...given,
  }
}

function failure(given: Partial<Failure> = {}): Failure {
  return {
    id: randomUUID(),
    at: now,
    purpose: 'secret',
    origin: '192.0.2.7',
    subject: 'client',
    weight: 1,
    expiresAt: later(600),
    ...given,
  }
}

function workspaceEvent(given: Partial<WorkspaceEvent> = {}): WorkspaceEvent {
  return {
    id: randomUUID(),
    at: now,
    workspaceId: 'workspace',
    clientId: undefined,
    type: 'abuse.secret_guessing',
    key: randomUUID(),
    message: 'Somebody guesses a secret of “Größe”.',
    data: { failures: 12 },
    ...given,
  }
}

/** Stores a workspace with one owner. */
async function storedWorkspace(storage: Storage, given: Partial<Workspace> = {}): Promise<Workspace> {
  const made = workspace(given)
  await storage.workspaces.create(made, [member(made)], audit({ workspaceId: made.id }))
  return made
}

/** Stores a client in a workspace of its own. */
async function storedClient(storage: Storage, given: Partial<Client> = {}): Promise<Client> {
  const owner = await storedWorkspace(storage)
  const made = client(owner, given)
  await storage.clients.create(made, undefined, audit({ workspaceId: owner.id }))
  return made
}

/**
 * Builders of model objects: complete, valid, with ids of their own, so that tests never meet in one database. Each takes
 * the fields that the test is about.
 */
export const fixtures = {
  now,
  later,
  hash,
  sub,
  user,
  addressFields,
  session,
  workspace,
  member,
  client,
  secret,
  domain,
  approval,
  interaction,
  pushedRequest,
  deviceCode,
  deviceApproval,
  code,
  grant,
  accessToken,
  refreshToken,
  signingKey,
  meteredRequest,
  usageBatch,
  windowUse,
  reservation,
  requestLogEntry,
  audit,
  block,
  failure,
  workspaceEvent,
  storedWorkspace,
  storedClient,
}
