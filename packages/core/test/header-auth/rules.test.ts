import t from 'tap'
import { DEFAULT_PLANS } from '../../src/config/defaults.ts'
import type { KnownCaller } from '../../src/context/context.ts'
import type { Full } from '../../src/context/metering/full.ts'
import {
  ADMISSION_RULES,
  CALLER_RULES,
  type CallerFacts,
  HEADER_RULES,
  PROOF_RULES,
  RULES,
  type Rule,
} from '../../src/header-auth/rules.ts'
import type { Client, Domain, Secret } from '../../src/model/client.ts'
import type { Workspace } from '../../src/model/workspace.ts'
import { CLIENT, DOMAIN, SECRET } from '../context/surroundings.ts'
import { NOW } from '../installation.ts'

/** The table of xwms-api.md, "Who may call". */
const SPECIFIED: readonly (readonly [rule: number, status: number, ...codes: string[]])[] = [
  [1, 401, 'credentials_missing'],
  [2, 401, 'invalid_credentials'],
  [3, 401, 'secret_revoked', 'secret_expired'],
  [4, 403, 'client_disabled'],
  [4, 402, 'plan_inactive'],
  [5, 403, 'domain_not_allowed'],
  [6, 403, 'secret_not_linked'],
  [7, 403, 'domain_inactive'],
  [8, 403, 'domain_login_blocked'],
  [9, 403, 'domain_api_blocked'],
  [10, 403, 'ip_not_allowed'],
  [11, 403, 'https_required'],
  [12, 403, 'scope_not_granted'],
  [13, 429, 'rate_limited'],
  [14, 429, 'quota_exceeded'],
]

t.test(
  'the rows are those of the specification: their numbers, statuses and codes, in its order',
  async t => {
    t.strictSame(
      RULES.map(({ rule, status, code }) => [rule, status, code]),
      SPECIFIED.flatMap(([rule, status, ...codes]) => codes.map(code => [rule, status, code])),
    )
  },
)

t.test('every row has a code of its own', async t => {
  t.equal(new Set(RULES.map(({ code }) => code)).size, RULES.length)
})

const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1000)

const WORKSPACE: Workspace = {
  id: 'ws_1',
  name: 'Acme',
  plan: 'basic',
  planStatus: 'active',
  monthlyRequestCap: undefined,
  monthlySpendCapNanoEuro: undefined,
  billing: undefined,
  createdAt: NOW,
}

interface Situation extends Partial<Omit<CallerFacts, 'known' | 'secret'>> {
  readonly secret?: Partial<Secret>
  readonly client?: Partial<Client>
  readonly workspace?: Partial<Workspace>
  /** `null`: it is not one of the client's. */
  readonly domain?: Partial<Domain> | null
  readonly linkedSecretIds?: readonly string[]
  readonly allowsIp?: boolean
}

/** Facts about a caller with whom all is well, but for what is said. */
function facts(situation: Situation): CallerFacts {
  const { secret, client, workspace, domain, linkedSecretIds = [], allowsIp = true, ...rest } = situation
  const known: KnownCaller = {
    client: { ...CLIENT, ...client },
    workspace: { ...WORKSPACE, ...workspace },
    secret: { ...SECRET, ...secret },
    domain: domain === null ? undefined : { ...DOMAIN, ...domain },
    linkedSecretIds,
    allowsIp: () => allowsIp,
    stated: 'shop.example.com',
    usedFrom: '203.0.113.10',
  }
  return {
    known,
    plan: DEFAULT_PLANS.basic,
    secret: known.secret,
    stated: 'shop.example.com',
    purpose: 'api',
    scope: undefined,
    ip: '203.0.113.10',
    secure: true,
    now: NOW,
    ...rest,
  }
}

const refusals = <Facts>(rules: readonly Rule<Facts>[], of: Facts) =>
  rules.filter(rule => rule.refuses(of)).map(({ code }) => code)

t.test('with a caller with whom all is well, no row finds fault', async t => {
  for (const purpose of ['login', 'api'] as const)
    t.strictSame(refusals(CALLER_RULES, facts({ purpose })), [])
})

t.test('rules 1 and 2 ask for credentials, and for a secret that matched', async t => {
  const credentials = { clientId: 'cl_1', clientSecret: 's', domain: 'example.com' }
  t.strictSame(refusals(HEADER_RULES, { credentials }), [])
  t.strictSame(refusals(HEADER_RULES, { credentials: undefined }), ['credentials_missing'])
  t.strictSame(refusals(PROOF_RULES, { known: facts({}).known }), [])
  t.strictSame(refusals(PROOF_RULES, { known: undefined }), ['invalid_credentials'])
})

t.test('each row refuses what it is there for, and no more', async t => {
  const links = { linksSecretsToDomains: true }
  const table: Record<string, { refused: Situation[]; accepted: Situation[] }> = {
    secret_revoked: {
      refused: [{ secret: { revokedAt: NOW } }, { secret: { revokedAt: later(3600) } }],
      accepted: [{ secret: { revokedAt: undefined } }],
    },
    secret_expired: {
      refused: [{ secret: { expiresAt: NOW } }, { secret: { expiresAt: later(-1) } }],
      accepted: [{ secret: { expiresAt: later(1) } }, { secret: { expiresAt: later(0.001) } }],
    },
    client_disabled: { refused: [{ client: { enabled: false } }], accepted: [{ client: { enabled: true } }] },
    plan_inactive: {
      refused: [{ workspace: { planStatus: 'inactive' } }, { plan: undefined }],
      accepted: [{ workspace: { planStatus: 'active' } }],
    },
    domain_not_allowed: { refused: [{ domain: null }], accepted: [{ domain: {} }] },
    secret_not_linked: {
      refused: [{ client: links }, { client: links, linkedSecretIds: ['sec_2', 'sec_10'] }],
      accepted: [
        { client: links, linkedSecretIds: ['sec_2', 'sec_1'] },
        { client: { linksSecretsToDomains: false }, linkedSecretIds: ['sec_2'] },
      ],
    },
    domain_inactive: { refused: [{ domain: { active: false } }], accepted: [{ domain: { active: true } }] },
    domain_login_blocked: {
      refused: [{ domain: { loginAllowed: false }, purpose: 'login' }],
      accepted: [
        { domain: { loginAllowed: false }, purpose: 'api' },
        { domain: { apiAllowed: true }, purpose: 'login' },
      ],
    },
    domain_api_blocked: {
      refused: [{ domain: { apiAllowed: false }, purpose: 'api' }],
      accepted: [
        { domain: { apiAllowed: false }, purpose: 'login' },
        { domain: { loginAllowed: true }, purpose: 'api' },
      ],
    },
    ip_not_allowed: { refused: [{ allowsIp: false }], accepted: [{ allowsIp: true }] },
    https_required: {
      refused: [{ domain: { mode: 'live' }, secure: false }],
      accepted: [
        { domain: { mode: 'live' }, secure: true },
        { domain: { mode: 'test' }, secure: false },
        { domain: { mode: 'test' }, secure: true },
      ],
    },
    scope_not_granted: {
      refused: [
        { scope: 'orders:read' },
        { scope: 'openid', client: { scopes: [] } },
        { scope: 'open', client: { scopes: ['openid'] } },
        { scope: '', client: { scopes: ['openid'] } },
      ],
      accepted: [
        { scope: undefined, client: { scopes: [] } },
        { scope: 'email', client: { scopes: ['openid', 'email'] } },
      ],
    },
  }
  t.strictSame(
    Object.keys(table),
    CALLER_RULES.map(({ code }) => code),
    'the table has every row',
  )
  for (const [code, { refused, accepted }] of Object.entries(table)) {
    for (const situation of refused)
      t.strictSame(refusals(CALLER_RULES, facts(situation)), [code], `${code}: ${JSON.stringify(situation)}`)
    for (const situation of accepted)
      t.strictSame(refusals(CALLER_RULES, facts(situation)), [], `not ${code}: ${JSON.stringify(situation)}`)
  }
})

t.test('with a domain that is not the client’s, no later row needs it', async t => {
  for (const purpose of ['login', 'api'] as const)
    t.strictSame(refusals(CALLER_RULES, facts({ domain: null, purpose, secure: false })), [
      'domain_not_allowed',
    ])
})

const FULL: Full = { kind: 'rate', name: 'rate', limit: 10, windowSeconds: 60, retryAfterSeconds: 7 }

t.test('rules 13 and 14 go by the limit that is full', async t => {
  t.strictSame(refusals(ADMISSION_RULES, FULL), ['rate_limited'])
  for (const kind of ['allowance', 'requests', 'spend'] as const)
    t.strictSame(refusals(ADMISSION_RULES, { ...FULL, kind }), ['quota_exceeded'])
})

t.test('every row says how to mend it in whole sentences, and names what it is about', async t => {
  const situation = facts({ scope: 'orders:read', ip: '198.51.100.7' })
  const remedies = new Map([
    ...HEADER_RULES.map(rule => [rule.code, rule.remedy({ credentials: undefined })] as const),
    ...PROOF_RULES.map(rule => [rule.code, rule.remedy({ known: undefined })] as const),
    ...CALLER_RULES.map(rule => [rule.code, rule.remedy(situation)] as const),
    ...ADMISSION_RULES.map(
      rule => [rule.code, rule.remedy({ ...FULL, kind: rule.rule === 13 ? 'rate' : 'requests' })] as const,
    ),
  ])
  for (const { code } of RULES) t.match(remedies.get(code), /^[A-Z].{20,}\.$/, code)
  const named: [code: string, name: string][] = [
    ['credentials_missing', 'X-Client-Id, X-Client-Secret and X-Client-Domain'],
    ['domain_not_allowed', 'shop.example.com'],
    ['ip_not_allowed', '198.51.100.7'],
    ['scope_not_granted', 'orders:read'],
    ['rate_limited', '7 s'],
    ['quota_exceeded', '10 requests'],
  ]
  for (const [code, name] of named) t.ok(remedies.get(code)?.includes(name), `${code} names ${name}`)
})

t.test('who is on a plan that is configured no more is not asked to pay', async t => {
  const rule = CALLER_RULES.find(({ code }) => code === 'plan_inactive') as Rule<CallerFacts>
  const table: [situation: Situation, words: RegExp, saw: object][] = [
    [
      { plan: undefined },
      /does not have the plan.*operator/,
      { plan_status: 'active', plan_configured: false },
    ],
    [{ workspace: { planStatus: 'inactive' } }, /not active.*pay/, { plan_status: 'inactive' }],
    [{ workspace: { planStatus: 'inactive' }, plan: undefined }, /not active/, { plan_configured: false }],
  ]
  for (const [situation, words, saw] of table) {
    t.match(rule.remedy(facts(situation)), words)
    t.match(rule.saw(facts(situation)), { plan: 'basic', ...saw })
  }
  t.notMatch(rule.remedy(facts({ plan: undefined })), /\bpay|activate/i)
})

t.test('what a row saw, for the owner’s log, holds facts and neither a secret nor its hash', async t => {
  const situation = facts({
    secret: { revokedAt: NOW, expiresAt: NOW },
    scope: 'orders:read',
    domain: { ipAllowlist: ['192.0.2.0/24'] },
  })
  const saw = Object.fromEntries(CALLER_RULES.map(rule => [rule.code, rule.saw(situation)]))
  t.strictSame(saw, {
    secret_revoked: { secret_id: 'sec_1', revoked_at: NOW },
    secret_expired: { secret_id: 'sec_1', expires_at: NOW },
    client_disabled: { enabled: false },
    plan_inactive: { plan: 'basic', plan_status: 'active', plan_configured: true },
    domain_not_allowed: { domain: 'shop.example.com' },
    secret_not_linked: { secret_id: 'sec_1', domain: 'shop.example.com' },
    domain_inactive: { domain: 'shop.example.com', active: false },
    domain_login_blocked: { domain: 'shop.example.com', login_allowed: false },
    domain_api_blocked: { domain: 'shop.example.com', api_allowed: false },
    ip_not_allowed: { ip: '203.0.113.10', allowlist: ['192.0.2.0/24'] },
    https_required: { domain: 'shop.example.com', mode: 'live', secure: false },
    scope_not_granted: { scope: 'orders:read', granted: ['openid', 'email'] },
  })
  for (const text of [SECRET.hash, SECRET.hint]) t.notMatch(JSON.stringify(saw), text)
})
