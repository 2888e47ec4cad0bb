import { PLAN_MISSING } from '../context/billing/workspace-plans.ts'
import type { KnownCaller } from '../context/context.ts'
import type { Purpose } from '../context/endpoint.ts'
import { type Full, fullFacts, fullWords } from '../context/metering/full.ts'
import { addressText } from '../lib/ip.ts'
import type { Secret } from '../model/client.ts'
import type { Plan } from '../model/plan.ts'
import type { Credentials } from './credentials.ts'

/**
 * The rule chain of xwms-api.md, "Who may call". The order of the rows is the order of the refusals: the first that
 * refuses answers. Facts grow from stage to stage, so a predicate can only ask for what is known where it stands.
 */
export interface Rule<Facts> {
  /** The row in xwms-api.md. */
  readonly rule: number
  readonly status: 401 | 402 | 403 | 429
  /** Stable; what programs read. */
  readonly code: string
  readonly refuses: (facts: Facts) => boolean
  /** What to do about it, for the person who reads the answer. */
  readonly remedy: (facts: Facts) => string
  /** What the rule saw, for the owner's request log; never a secret. */
  readonly saw: (facts: Facts) => Readonly<Record<string, unknown>>
}

/** Before anything is known. */
export interface HeaderFacts {
  readonly credentials: Credentials | undefined
}

export const HEADER_RULES: readonly Rule<HeaderFacts>[] = [
  {
    rule: 1,
    status: 401,
    code: 'credentials_missing',
    refuses: ({ credentials }) => credentials === undefined,
    remedy: () =>
      'Send the headers X-Client-Id, X-Client-Secret and X-Client-Domain, each once and well formed.',
    saw: () => ({}),
  },
]

/** After the storage was asked: whom the secret proves, if anybody. */
export interface ProofFacts {
  readonly known: KnownCaller | undefined
}

/** One row for an unknown client and for a wrong secret, so that the two look the same. */
export const PROOF_RULES: readonly Rule<ProofFacts>[] = [
  {
    rule: 2,
    status: 401,
    code: 'invalid_credentials',
    refuses: ({ known }) => known === undefined,
    remedy: () => 'The client id or the client secret is wrong. Copy both from the client’s settings.',
    saw: () => ({}),
  },
]

/** Once the secret is proven and the caller is known. */
export interface CallerFacts {
  readonly known: KnownCaller
  readonly secret: Secret
  /** The workspace's plan, where the configuration has it. */
  readonly plan: Plan | undefined
  /** What `X-Client-Domain` said. */
  readonly stated: string
  readonly purpose: Purpose
  readonly scope: string | undefined
  readonly ip: string
  readonly secure: boolean
  readonly now: Date
}

export const CALLER_RULES: readonly Rule<CallerFacts>[] = [
  {
    rule: 3,
    status: 401,
    code: 'secret_revoked',
    refuses: ({ secret }) => secret.revokedAt !== undefined,
    remedy: () => 'This secret was revoked. Use another secret of the client, or create one.',
    saw: ({ secret }) => ({ secret_id: secret.id, revoked_at: secret.revokedAt }),
  },
  {
    rule: 3,
    status: 401,
    code: 'secret_expired',
    refuses: ({ secret, now }) => secret.expiresAt !== undefined && secret.expiresAt <= now,
    remedy: () => 'This secret has expired. Create a new one for the client.',
    saw: ({ secret }) => ({ secret_id: secret.id, expires_at: secret.expiresAt }),
  },
  {
    rule: 4,
    status: 403,
    code: 'client_disabled',
    refuses: ({ known }) => !known.client.enabled,
    remedy: () => 'This client is disabled. Enable it in its settings.',
    saw: () => ({ enabled: false }),
  },
  {
    rule: 4,
    status: 402,
    code: 'plan_inactive',
    // A plan that is not configured (any more) has no limits that could be applied.
    refuses: ({ known, plan }) => known.workspace.planStatus !== 'active' || plan === undefined,
    remedy: ({ known }) =>
      known.workspace.planStatus === 'active'
        ? PLAN_MISSING
        : 'The plan of this client’s workspace is not active. Activate it, or pay what is open.',
    saw: ({ known, plan }) => ({
      plan: known.workspace.plan,
      plan_status: known.workspace.planStatus,
      plan_configured: plan !== undefined,
    }),
  },
  {
    rule: 5,
    status: 403,
    code: 'domain_not_allowed',
    refuses: ({ known }) => known.domain === undefined,
    remedy: ({ stated }) =>
      `The domain ${stated} is not registered for this client. Add it to the client’s domains.`,
    saw: ({ stated }) => ({ domain: stated }),
  },
  {
    rule: 6,
    status: 403,
    code: 'secret_not_linked',
    refuses: ({ known, secret }) =>
      known.client.linksSecretsToDomains && !known.linkedSecretIds.includes(secret.id),
    remedy: ({ stated }) =>
      `This secret is not linked to the domain ${stated}. Link it, or use a secret that is.`,
    saw: ({ secret, stated }) => ({ secret_id: secret.id, domain: stated }),
  },
  {
    rule: 7,
    status: 403,
    code: 'domain_inactive',
    refuses: ({ known }) => known.domain?.active === false,
    remedy: ({ stated }) => `The domain ${stated} is inactive. Activate it in the client’s domains.`,
    saw: ({ stated }) => ({ domain: stated, active: false }),
  },
  {
    rule: 8,
    status: 403,
    code: 'domain_login_blocked',
    refuses: ({ known, purpose }) => purpose === 'login' && known.domain?.loginAllowed === false,
    remedy: ({ stated }) => `The domain ${stated} may not sign users in. Allow it in the domain’s settings.`,
    saw: ({ stated }) => ({ domain: stated, login_allowed: false }),
  },
  {
    rule: 9,
    status: 403,
    code: 'domain_api_blocked',
    refuses: ({ known, purpose }) => purpose === 'api' && known.domain?.apiAllowed === false,
    remedy: ({ stated }) => `The domain ${stated} may not call the API. Allow it in the domain’s settings.`,
    saw: ({ stated }) => ({ domain: stated, api_allowed: false }),
  },
  {
    rule: 10,
    status: 403,
    code: 'ip_not_allowed',
    refuses: ({ known, ip }) => !known.allowsIp(ip),
    remedy: ({ stated, ip }) =>
      `The address ${addressText(ip)} is not in the server allowlist of ${stated}. Add it there.`,
    saw: ({ known, ip }) => ({ ip: addressText(ip), allowlist: known.domain?.ipAllowlist }),
  },
  {
    rule: 11,
    status: 403,
    code: 'https_required',
    refuses: ({ known, secure }) => known.domain?.mode === 'live' && !secure,
    remedy: ({ stated }) =>
      `The domain ${stated} is in live mode, which needs HTTPS. Call over HTTPS, or use a test-mode domain.`,
    saw: ({ stated }) => ({ domain: stated, mode: 'live', secure: false }),
  },
  {
    rule: 12,
    status: 403,
    code: 'scope_not_granted',
    refuses: ({ known, scope }) => scope !== undefined && !known.client.scopes.includes(scope),
    remedy: ({ scope }) =>
      `The client was not granted the scope ${scope}. Grant it in the client’s settings.`,
    saw: ({ known, scope }) => ({ scope, granted: known.client.scopes }),
  },
]

/** Once a limit was found full. */
export const ADMISSION_RULES: readonly Rule<Full>[] = [
  {
    rule: 13,
    status: 429,
    code: 'rate_limited',
    refuses: ({ kind }) => kind === 'rate',
    remedy: fullWords,
    saw: fullFacts,
  },
  {
    rule: 14,
    status: 429,
    code: 'quota_exceeded',
    refuses: ({ kind }) => kind !== 'rate',
    remedy: fullWords,
    saw: fullFacts,
  },
]

/** Every row, for documentation and tests. */
export const RULES: readonly Pick<Rule<never>, 'rule' | 'status' | 'code'>[] = [
  ...HEADER_RULES,
  ...PROOF_RULES,
  ...CALLER_RULES,
  ...ADMISSION_RULES,
]
