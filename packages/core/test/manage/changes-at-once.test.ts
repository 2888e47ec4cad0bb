// Changes of one thing that happen in the same moment: both hold, or the one that no longer fits is refused.
import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { setBillingDetails } from '../../src/manage/billing-details.ts'
import { type ClientChanges, createClient, updateClient } from '../../src/manage/clients.ts'
import { addDomain, updateDomain } from '../../src/manage/domains.ts'
import type { ManageEnvironment } from '../../src/manage/environment.ts'
import { changeCaps, changeClientLimit } from '../../src/manage/limits.ts'
import { updateWorkspace } from '../../src/manage/workspaces.ts'
import type { ClientMetadata } from '../../src/model/client-metadata.ts'
import type { AuditEntry } from '../../src/model/usage.ts'
import { watched } from '../watched-storage.ts'
import { environment, refusal, workspaceOn } from './environment.ts'

const PLANS = {
  open: { title: 'Open', monthlyFeeNanoEuro: 0, includedRequests: 1000, hardCap: false },
  free: {
    title: 'Free',
    monthlyFeeNanoEuro: 0,
    includedRequests: 1000,
    hardCap: true,
    rateLimit: { requests: 600, windowSeconds: 60 },
  },
}

const BILLING = { name: 'Acme BV', addressLines: ['Keizersgracht 1', '1015 CJ Amsterdam'], country: 'NL' }
const JWKS = {
  keys: [generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })],
} as ClientMetadata['jwks']
const WITH_KEYS = { token_endpoint_auth_method: 'private_key_jwt', jwks: JWKS } as const

/** Twenty changes, each of a member of its own. */
const CHANGES: readonly ClientChanges[] = [
  { name: 'Renamed' },
  { enabled: false },
  { rateLimit: { requests: 5, windowSeconds: 60 } },
  { redirectUris: ['https://shop.example/callback'] },
  { scopes: ['openid'] },
  { grantTypes: ['authorization_code'] },
  { linksSecretsToDomains: true },
  { uri: 'https://shop.example/' },
  { logoUri: 'https://shop.example/logo.svg' },
  { policyUri: 'https://shop.example/policy' },
  { tosUri: 'https://shop.example/tos' },
  ...[
    { contacts: ['ann@shop.example'] },
    { software_id: 'shop' },
    { software_version: '2' },
    { post_logout_redirect_uris: ['https://shop.example/goodbye'] },
    { default_max_age: 60 },
    { require_auth_time: true },
    { default_acr_values: ['1'] },
    { initiate_login_uri: 'https://shop.example/login' },
    { backchannel_logout_uri: 'https://shop.example/logout' },
  ].map(metadata => ({ metadata })),
]

async function scene(plan: keyof typeof PLANS = 'open') {
  const env = { ...environment(), plans: PLANS }
  const workspace = await workspaceOn(plan, env)
  const { client } = await createClient(env, { workspaceId: workspace.id, name: 'Shop' })
  const domain = await addDomain(env, { clientId: client.id, host: 'shop.example', mode: 'test' })
  return {
    env,
    workspace,
    client,
    target: { workspaceId: workspace.id, clientId: client.id },
    ofDomain: { clientId: client.id, domain: domain.id },
    /** As somebody who has read everything when `other` happens, and writes after it. */
    overtaken(other: () => Promise<unknown>): ManageEnvironment {
      const { storage, replace, restore } = watched(env.storage)
      for (const name of ['workspaces.update', 'clients.update', 'clients.updateDomain'])
        replace(name, async (real, ...given) => {
          restore(name)
          await other()
          return real(...given)
        })
      return { ...env, storage, actor: 'overtaken' }
    },
    /** Both sides of each change, the oldest first. */
    async told() {
      const entries = await env.storage.audit.list(workspace.id, 100)
      return entries.filter(({ action }) => action.endsWith('.updated')).reverse()
    },
  }
}

t.test('an operator’s plan and an owner’s spend cap at the same moment both hold', async t => {
  const { env, workspace, told } = await scene()
  const spend = { monthlySpendCapNanoEuro: 25_000_000_000 }
  await Promise.all([
    updateWorkspace({ ...env, actor: 'cli' }, workspace.id, { plan: 'free' }),
    changeCaps({ ...env, actor: '4711' }, workspace.id, spend),
  ])
  const both = { ...workspace, plan: 'free', ...spend }
  t.strictSame(await env.storage.workspaces.find(workspace.id), both)
  const [first, second] = await told()
  t.match(first, { actor: 'cli', before: { plan: 'open' }, after: { plan: 'free' } })
  t.notMatch(first, { after: spend })
  t.match(second, { actor: '4711', before: { plan: 'free' }, after: { plan: 'free', ...spend } })
  t.strictSame(second?.before, first?.after, 'the audit has what was there when it was written')
})

t.test('whatever somebody else has changed meanwhile stays', async t => {
  const limit = { requests: 5, windowSeconds: 60 }
  const changes: readonly [
    thing: 'workspaces' | 'clients' | 'domains',
    other: (at: Awaited<ReturnType<typeof scene>>) => Promise<unknown>,
    change: (at: Awaited<ReturnType<typeof scene>>, env: ManageEnvironment) => Promise<unknown>,
    both: object,
  ][] = [
    [
      'workspaces',
      at => changeCaps(at.env, at.workspace.id, { monthlyRequestCap: 5 }),
      (at, env) => updateWorkspace(env, at.workspace.id, { planStatus: 'inactive' }),
      { monthlyRequestCap: 5, planStatus: 'inactive' },
    ],
    [
      'workspaces',
      at => updateWorkspace(at.env, at.workspace.id, { plan: 'free' }),
      (at, env) => setBillingDetails(env, at.workspace.id, BILLING),
      { plan: 'free', billing: BILLING },
    ],
    [
      'workspaces',
      at => setBillingDetails(at.env, at.workspace.id, BILLING),
      (at, env) => changeCaps(env, at.workspace.id, { monthlySpendCapNanoEuro: 7n }),
      { billing: BILLING, monthlySpendCapNanoEuro: 7 },
    ],
    [
      'clients',
      at => changeClientLimit(at.env, at.target, limit),
      (at, env) =>
        updateClient(env, at.client.id, { name: 'Renamed', metadata: { contacts: ['a@b.example'] } }),
      { name: 'Renamed', rateLimit: limit, metadata: { contacts: ['a@b.example'] } },
    ],
    [
      'clients',
      at => updateClient(at.env, at.client.id, { enabled: false, metadata: { software_version: '2' } }),
      (at, env) => changeClientLimit(env, at.target, limit),
      { enabled: false, rateLimit: limit, metadata: { software_version: '2' } },
    ],
    [
      'clients',
      at => updateClient(at.env, at.client.id, { metadata: { software_version: '2' } }),
      (at, env) => updateClient(env, at.client.id, { metadata: { contacts: ['a@b.example'] } }),
      { metadata: { software_version: '2', contacts: ['a@b.example'] } },
    ],
    [
      'domains',
      at => updateDomain(at.env, at.ofDomain, { ipAllowlist: ['192.0.2.1'] }),
      (at, env) => updateDomain(env, at.ofDomain, { active: false }),
      { ipAllowlist: ['192.0.2.1'], active: false },
    ],
  ]
  for (const [index, [thing, other, change, both]] of changes.entries()) {
    const at = await scene()
    const answer = await change(
      at,
      at.overtaken(() => other(at)),
    )
    const { clients, workspaces } = at.env.storage
    const found = {
      workspaces: () => workspaces.find(at.workspace.id),
      clients: () => clients.find(at.client.id),
      domains: async () => (await clients.domains(at.client.id))[0],
    }
    const stored = await found[thing]()
    t.match(stored, both, `${index}: ${thing}`)
    t.strictSame(answer, stored)
    const [first, second, ...more] = await at.told()
    t.strictSame(more, [])
    t.match([first, second], [{ actor: 'test' }, { actor: 'overtaken', after: both }])
    t.strictSame(second?.before, first?.after)
  }
})

t.test('what does not fit with what somebody else has changed meanwhile is refused', async t => {
  const changes: readonly [
    other: (at: Awaited<ReturnType<typeof scene>>) => Promise<unknown>,
    change: (at: Awaited<ReturnType<typeof scene>>, env: ManageEnvironment) => Promise<unknown>,
    fields: object,
  ][] = [
    [
      at => updateWorkspace(at.env, at.workspace.id, { plan: 'free' }),
      (at, env) => changeCaps(env, at.workspace.id, { monthlyRequestCap: 1001 }),
      { monthlyRequestCap: 'must be at most 1000, where the plan ends' },
    ],
    [
      at => updateClient(at.env, at.client.id, { metadata: { jwks: JWKS } }),
      (at, env) => updateClient(env, at.client.id, { metadata: { jwks_uri: 'https://shop.example/jwks' } }),
      { 'metadata.jwks_uri': 'must not be given together with jwks (RFC 7591 section 2)' },
    ],
    [
      at => updateClient(at.env, at.client.id, { requirePkce: false }),
      (at, env) => updateClient(env, at.client.id, { profile: 'fapi2', metadata: WITH_KEYS }),
      { requirePkce: 'must be on under the profile fapi2' },
    ],
    [
      at => updateDomain(at.env, at.ofDomain, { testUsersOnly: true }),
      (at, env) => updateDomain(env, at.ofDomain, { mode: 'live' }),
      { testUsersOnly: 'must be off in live mode' },
    ],
  ]
  for (const [index, [other, change, fields]] of changes.entries()) {
    const at = await scene()
    const attempt = change(
      at,
      at.overtaken(() => other(at)),
    )
    t.match(await refusal(attempt), { code: 'invalid_input', fields }, String(index))
    t.match(await at.told(), [{ actor: 'test' }])
    t.equal((await at.told()).length, 1)
  }
})

t.test('an owner stays within what the operator takes back meanwhile', async t => {
  const at = await scene('free')
  const given = (requests: number) => ({ rateLimit: { requests, windowSeconds: 60 } })
  await updateClient(at.env, at.client.id, given(2000))
  const overtaken = at.overtaken(() => updateClient(at.env, at.client.id, { rateLimit: null }))
  const attempt = changeClientLimit(overtaken, at.target, given(1500).rateLimit)
  t.match(await refusal(attempt), { fields: { rateLimit: /within the plan's 600 requests/ } })
  t.match(await at.env.storage.clients.find(at.client.id), { rateLimit: undefined })
})

t.test('a client that is gone meanwhile is not there', async t => {
  const at = await scene()
  const [entry] = await at.env.storage.audit.list(at.workspace.id, 1)
  const gone = () =>
    at.overtaken(() =>
      at.env.storage.clients.delete(at.client.id, { ...(entry as AuditEntry), id: 'aud_gone' }),
    )
  t.match(await refusal(updateClient(gone(), at.client.id, { name: 'B' })), { code: 'client_not_found' })
  const other = await scene()
  const { clients } = other.env.storage
  const without = other.overtaken(() => clients.delete(other.client.id, entry as AuditEntry))
  const attempt = updateDomain(without, other.ofDomain, { active: false })
  t.match(await refusal(attempt), { code: 'domain_not_found' })
})

t.test('twenty changes at once all hold', async t => {
  const { env, client, told } = await scene()
  await Promise.all(CHANGES.map(changes => updateClient(env, client.id, changes)))
  const { metadata: _, ...fields } = Object.assign({}, ...CHANGES)
  const metadata = Object.assign({}, ...CHANGES.map(({ metadata }) => metadata))
  t.match(await env.storage.clients.find(client.id), { ...fields, metadata })
  const changes = await told()
  t.equal(changes.length, 20)
  for (const [index, { before }] of changes.entries())
    if (index > 0) t.strictSame(before, changes[index - 1]?.after)
})

t.test('whoever is overtaken each time is told so', async t => {
  const at = await scene()
  const { storage, replace, calls } = watched(at.env.storage)
  for (const name of ['workspaces.update', 'clients.update', 'clients.updateDomain'])
    replace(name, () => Promise.resolve({ outcome: 'outdated' }))
  const env = { ...at.env, storage }
  const attempts: Record<string, Promise<unknown>> = {
    workspace: changeCaps(env, at.workspace.id, { monthlyRequestCap: 1 }),
    client: changeClientLimit(env, at.target, { requests: 1, windowSeconds: 60 }),
    domain: updateDomain(env, at.ofDomain, { active: false }),
  }
  for (const [kind, attempt] of Object.entries(attempts))
    t.match(await refusal(attempt), {
      code: 'changed_meanwhile',
      message: new RegExp(`keep changing the ${kind} at this moment`),
      fields: {},
    })
  t.ok(calls.filter(call => call === 'workspaces.update').length >= 20, 'but not before long')
  t.strictSame(await at.told(), [])
})
