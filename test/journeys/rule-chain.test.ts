import {
  createSecret,
  DEFAULT_PLANS,
  linkSecret,
  type Plan,
  RULES,
  revokeSecret,
  updateClient,
  updateDomain,
  type Workspace,
} from '@xwms/core'
import { eventually } from '../support/eventually.ts'
import { logged } from '../support/logged.ts'
import { type Answer, onEveryStack, type Stack } from '../support/stack.ts'

/** A request whose headers are mended one by one. */
type Headers = Record<string, string>

/** With the plan `tiny`, one request fills every window. */
const plans = {
  ...DEFAULT_PLANS,
  tiny: {
    ...(DEFAULT_PLANS.enterprise as Plan),
    title: 'Tiny',
    rateLimit: { requests: 1, windowSeconds: 86_400 },
  },
}

/** The storage's own way of changing a workspace; nothing else changes these facts yet. */
async function changeWorkspace(stack: Stack, changes: Partial<Workspace>): Promise<void> {
  const { storage } = stack.kit.config
  const before = (await storage.workspaces.find(stack.workspace.id)) as Workspace
  const audit = {
    id: `aud_${crypto.randomUUID()}`,
    at: new Date(),
    actor: 'test',
    action: 'workspace.updated',
    workspaceId: stack.workspace.id,
    target: stack.workspace.id,
    ip: undefined,
    before: undefined,
    after: undefined,
  }
  await storage.workspaces.update(before, { ...before, ...changes }, audit)
}

/** Breaks every fact that a rule looks at; answers what mends each, by the code of the rule. */
async function breakEverything(
  stack: Stack,
  headers: Headers,
): Promise<Record<string, () => Promise<unknown> | unknown>> {
  const { environment, client, domain, secret } = stack
  const clientId = client.id
  const change = (changes: Parameters<typeof updateDomain>[2]) =>
    updateDomain(environment, { clientId, domain: domain.id }, changes)
  const revoked = await createSecret(environment, { clientId, name: 'revoked' })
  await revokeSecret(environment, { clientId, secretId: revoked.secret.id })
  const expired = await createSecret(environment, { clientId, name: 'expired', expiresInSeconds: 60 })
  stack.passes(61)
  await changeWorkspace(stack, { plan: 'tiny', planStatus: 'inactive', monthlyRequestCap: 1 })
  await updateClient(environment, clientId, { enabled: false, linksSecretsToDomains: true, scopes: [] })
  await change({
    mode: 'live',
    active: false,
    loginAllowed: false,
    apiAllowed: false,
    ipAllowlist: ['203.0.113.0/24'],
  })
  return {
    credentials_missing: () =>
      Object.assign(headers, {
        'x-client-id': clientId,
        'x-client-secret': 'xwms_sk_wrong',
        'x-client-domain': 'elsewhere.example.com',
      }),
    invalid_credentials: () => Object.assign(headers, { 'x-client-secret': revoked.value }),
    secret_revoked: () => Object.assign(headers, { 'x-client-secret': expired.value }),
    secret_expired: () => Object.assign(headers, { 'x-client-secret': secret.value }),
    client_disabled: () => updateClient(environment, clientId, { enabled: true }),
    plan_inactive: () => changeWorkspace(stack, { planStatus: 'active' }),
    domain_not_allowed: () => Object.assign(headers, { 'x-client-domain': 'Shop.Example.com:443' }),
    secret_not_linked: () =>
      linkSecret(environment, { clientId, secretId: secret.secret.id, domain: domain.host }),
    domain_inactive: () => change({ active: true }),
    domain_login_blocked: () => change({ loginAllowed: true }),
    domain_api_blocked: () => change({ apiAllowed: true }),
    ip_not_allowed: () => Object.assign(headers, { 'x-forwarded-for': '203.0.113.9' }),
    https_required: () => Object.assign(headers, { 'x-forwarded-proto': 'https' }),
    scope_not_granted: async () => {
      await updateClient(environment, clientId, { scopes: ['orders:read'] })
      await eventually(
        () => orders(stack, headers),
        ({ status }) => status === 200,
      )
    },
    rate_limited: () => changeWorkspace(stack, { plan: 'enterprise' }),
    quota_exceeded: () => changeWorkspace(stack, { monthlyRequestCap: undefined }),
  }
}

async function orders(stack: Stack, headers: Headers): Promise<Answer> {
  const response = await fetch(`${stack.origin}/orders`, { headers })
  return { status: response.status, headers: response.headers, body: await response.json() }
}

onEveryStack(
  'a request is refused by one rule after the other, until every fact is mended',
  async (t, stack) => {
    const headers: Headers = {}
    const mends = await breakEverything(stack, headers)
    t.same(Object.keys(mends).sort(), RULES.map(({ code }) => code).sort(), 'no rule is forgotten')
    for (const { code, status } of RULES) {
      // Signing in has a rule of its own, which the host's route does not meet.
      const call = () =>
        code === 'domain_login_blocked' ? stack.post('/api/sign-token', {}, headers) : orders(stack, headers)
      // A change reaches every process within a second.
      const refused = await eventually(call, ({ body }) => body.error?.code === code)
      t.equal(refused.status, status, code)
      t.equal(refused.body.status, 'error')
      t.ok(refused.body.message, 'it says what to do')
      t.equal(refused.body.error.request_id, refused.headers.get('x-request-id'))
      if (status === 429) {
        t.ok(Number(refused.headers.get('retry-after')) > 0)
        t.match(refused.headers.get('ratelimit'), /;r=0;t=\d+$/)
      }
      await mends[code]?.()
    }
    const admitted = await eventually(
      () => orders(stack, headers),
      ({ status }) => status === 200,
    )
    t.match(admitted.body, { client: 'Paper Shop', domain: 'shop.example.com', ip: '203.0.113.9' })
    const events = await stack.events()
    t.match(events, [{ status: 200 }, { status: 200 }], 'only what was admitted is metered')
    t.equal(events.length, 2)

    // What the owner can read: every refusal since the secret was proven, and no secret.
    const proven = RULES.filter(({ rule }) => rule > 2).map(({ code }) => code)
    const log = await eventually(
      () => logged(stack.kit.config.storage, stack.client, 1000),
      entries => proven.every(code => entries.some(entry => entry.refusedBy === code)),
    )
    t.notMatch(JSON.stringify(log), stack.secret.value)
    t.match(
      log.find(({ refusedBy }) => refusedBy === 'ip_not_allowed'),
      { route: 'GET /orders', status: 403, ip: '127.0.0.1', facts: { ip: '127.0.0.1' } },
    )
  },
  { behindProxy: true, kit: { plans } },
)

onEveryStack('an unknown client and a wrong secret cannot be told apart', async (t, stack) => {
  const answers = await Promise.all([
    orders(stack, { ...stack.headers, 'x-client-id': 'cl_nobody' }),
    orders(stack, { ...stack.headers, 'x-client-secret': 'xwms_sk_wrong' }),
    orders(stack, {
      ...stack.headers,
      'x-client-secret': 'xwms_sk_wrong',
      'x-client-domain': 'nowhere.example',
    }),
  ])
  const told = answers.map(({ status, body }) => {
    const { request_id, ...error } = body.error
    t.ok(request_id)
    return { status, message: body.message, error }
  })
  t.match(told[0], { status: 401, error: { code: 'invalid_credentials' } })
  t.same(told[1], told[0])
  t.same(told[2], told[0])
})

onEveryStack('a forwarding header that nobody vouches for is not believed', async (t, stack) => {
  const target = { clientId: stack.client.id, domain: stack.domain.id }
  const forwarded = { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' }
  await updateDomain(stack.environment, target, { mode: 'live' })
  t.equal((await orders(stack, { ...stack.headers, ...forwarded })).body.error.code, 'https_required')
  await updateDomain(stack.environment, target, { mode: 'test', ipAllowlist: ['203.0.113.9'] })
  const { body } = await eventually(
    () => orders(stack, { ...stack.headers, ...forwarded }),
    answer => answer.body.error?.code !== 'https_required',
  )
  t.equal(body.error.code, 'ip_not_allowed')
})

onEveryStack('several secrets of a client are live at once', async (t, stack) => {
  const second = await createSecret(stack.environment, { clientId: stack.client.id })
  const withSecond = { ...stack.headers, 'x-client-secret': second.value }
  t.equal((await orders(stack, stack.headers)).status, 200)
  t.equal((await orders(stack, withSecond)).status, 200)
  await revokeSecret(stack.environment, { clientId: stack.client.id, secretId: stack.secret.secret.id })
  const refused = await eventually(
    () => orders(stack, stack.headers),
    ({ status }) => status !== 200,
  )
  t.equal(refused.body.error.code, 'secret_revoked')
  t.equal((await orders(stack, withSecond)).status, 200)
})
