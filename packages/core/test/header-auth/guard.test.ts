import t from 'tap'
import { DEFAULT_PLANS } from '../../src/config/defaults.ts'
import { RULES } from '../../src/header-auth/rules.ts'
import { monthAfter, monthOf } from '../../src/lib/month.ts'
import { newSecret } from '../../src/lib/secret-format.ts'
import { updateClient } from '../../src/manage/clients.ts'
import { updateDomain } from '../../src/manage/domains.ts'
import { linkSecret } from '../../src/manage/secret-links.ts'
import { createSecret, revokeSecret, rotateSecret } from '../../src/manage/secrets.ts'
import type { Plan } from '../../src/model/plan.ts'
import { AUDIT } from '../context/surroundings.ts'
import { NOW } from '../installation.ts'
import { metered } from '../metered.ts'
import { type Gate, gate } from './gate.ts'

const ALL = { from: new Date(0), to: new Date('2100-01-01') }

async function refusal(outcome: ReturnType<Gate['come']>) {
  const refused = await outcome
  if (refused.admitted) throw new Error('Somebody was admitted.')
  return { ...refused, body: JSON.parse(refused.response.body) }
}

async function admission(outcome: ReturnType<Gate['come']>) {
  const admitted = await outcome
  if (!admitted.admitted) throw new Error(admitted.response.body)
  return admitted
}

/** What goes on beside answers, whenever it comes to it. */
const IN_BACKGROUND = ['clients.workspaces', 'clients.touchSecrets', 'requestLog.append']

t.test('a caller with whom all is well is admitted, and known', async t => {
  const { client, come } = gate(t)
  const shop = await client()
  const admitted = await admission(come(shop.headers))
  t.match(admitted.caller, {
    requestId: 'request-1',
    client: { id: shop.client.id, name: 'Shop' },
    workspace: { id: shop.client.workspaceId },
    domain: { id: shop.domain.id, host: 'shop.example.com' },
  })
})

t.test('a domain may be stated by its id, and in any form of its host', async t => {
  const { client, verdict } = gate(t)
  const shop = await client()
  for (const stated of [shop.domain.id, 'SHOP.example.com', 'shop.example.com.:443'])
    t.equal(await verdict({ ...shop.headers, 'x-client-domain': stated }), 'admitted', stated)
})

for (const purpose of ['login', 'api'] as const) {
  t.test(
    `with everything wrong at once, each row answers in its turn as those before it are mended (${purpose})`,
    async t => {
      const plan: Plan = {
        ...(DEFAULT_PLANS.enterprise as Plan),
        includedRequests: 1,
        hardCap: true,
        rateLimit: { requests: 1, windowSeconds: 60 },
      }
      const { client, verdict, environment, storage, pass } = gate(t, { plans: { tight: plan } })
      const shop = await client({ scopes: [] })
      const clientId = shop.client.id
      const change = (changes: Parameters<typeof updateDomain>[2]) =>
        updateDomain(environment, { clientId, domain: 'shop.example.com' }, changes)
      const workspace = await storage.workspaces.find(shop.client.workspaceId)
      if (workspace === undefined) throw new Error('It was just created.')

      // The one request that the plan allows, so that both its windows are full.
      t.equal(await verdict(shop.headers), 'admitted')

      const expiring = await createSecret(environment, { clientId, expiresInSeconds: 1 })
      const unlinked = await createSecret(environment, { clientId })
      pass(1)
      await revokeSecret(environment, { clientId, secretId: shop.secret.id })
      await updateClient(environment, clientId, { enabled: false, linksSecretsToDomains: true })
      const inactive = { ...workspace, planStatus: 'inactive' } as const
      await storage.workspaces.update(workspace, inactive, AUDIT)
      await change({ active: false, loginAllowed: false, apiAllowed: false, ipAllowlist: ['192.0.2.0/24'] })

      let headers: Record<string, string> = {}
      let over = { ip: () => '203.0.113.10', secure: () => false }
      const ask = () => verdict(headers, over, { purpose, scope: 'orders:read' })
      const turns: [code: string, mend: () => unknown][] = [
        [
          'credentials_missing',
          () => {
            headers = {
              'x-client-id': clientId,
              'x-client-secret': newSecret(),
              'x-client-domain': 'other.example.com',
            }
          },
        ],
        ['invalid_credentials', () => Object.assign(headers, { 'x-client-secret': shop.value })],
        ['secret_revoked', () => Object.assign(headers, { 'x-client-secret': expiring.value })],
        ['secret_expired', () => Object.assign(headers, { 'x-client-secret': unlinked.value })],
        ['client_disabled', () => updateClient(environment, clientId, { enabled: true })],
        ['plan_inactive', () => storage.workspaces.update(inactive, workspace, AUDIT)],
        ['domain_not_allowed', () => Object.assign(headers, { 'x-client-domain': 'shop.example.com' })],
        [
          'secret_not_linked',
          () => linkSecret(environment, { clientId, secretId: unlinked.secret.id, domain: shop.domain.id }),
        ],
        ['domain_inactive', () => change({ active: true })],
        purpose === 'login'
          ? ['domain_login_blocked', () => change({ loginAllowed: true })]
          : ['domain_api_blocked', () => change({ apiAllowed: true })],
        [
          'ip_not_allowed',
          () => {
            over = { ...over, ip: () => '192.0.2.7' }
          },
        ],
        [
          'https_required',
          () => {
            over = { ...over, secure: () => true }
          },
        ],
        ['scope_not_granted', () => updateClient(environment, clientId, { scopes: ['orders:read'] })],
        ['rate_limited', () => pass(60)],
        ['quota_exceeded', () => pass(31 * 86_400)],
      ]
      for (const [code, mend] of turns) {
        t.equal(await ask(), code)
        await mend()
      }
      t.equal(await ask(), 'admitted')
      const skipped = purpose === 'login' ? 'domain_api_blocked' : 'domain_login_blocked'
      t.strictSame(
        turns.map(([code]) => code),
        RULES.map(({ code }) => code).filter(code => code !== skipped),
      )
    },
  )
}

t.test(
  'until a secret is proven, every failure looks the same and takes the same way to the storage',
  async t => {
    const { client, come, calls, environment } = gate(t)
    const shop = await client()
    const other = await client()
    const revoked = await createSecret(environment, { clientId: shop.client.id })
    await revokeSecret(environment, { clientId: shop.client.id, secretId: revoked.secret.id })
    const open = await client({ type: 'public', grantTypes: ['authorization_code'] })
    const disabled = await client()
    await updateClient(environment, disabled.client.id, { enabled: false })
    // Known and cached, as a caller is whom an attacker would like to learn about.
    await admission(come(shop.headers))

    const strangers: Record<string, Record<string, string>> = {
      'an unknown client': { 'x-client-id': 'cl_unknown' },
      'a wrong secret': {},
      'a secret with one character changed': { 'x-client-secret': `${shop.value.slice(0, -1)}!` },
      'a secret without its end': { 'x-client-secret': shop.value.slice(0, -1) },
      'another client’s secret': { 'x-client-secret': other.value },
      'the hash of the secret': { 'x-client-secret': shop.secret.hash },
      'the id of the secret': { 'x-client-secret': shop.secret.id },
      'a wrong secret and an unknown domain': { 'x-client-domain': 'unknown.example.com' },
      'a wrong secret and another client’s domain': { 'x-client-domain': other.domain.id },
      'a client that has no secret': { 'x-client-id': open.client.id },
      'a wrong secret of a disabled client': { 'x-client-id': disabled.client.id },
      'a client id in another case': {
        'x-client-id': shop.client.id.toUpperCase(),
        'x-client-secret': shop.value,
      },
    }
    let first: unknown
    for (const [name, headers] of Object.entries(strangers)) {
      calls.length = 0
      const { response, body } = await refusal(
        come({ ...shop.headers, 'x-client-secret': newSecret(), ...headers }),
      )
      t.match(body, { error: { code: 'invalid_credentials', request_id: 'request-1' } }, name)
      const asked = calls.filter(call => !IN_BACKGROUND.includes(call))
      const seen = { response, calls: asked }
      first ??= seen
      t.strictSame(seen, first, name)
      t.strictSame(asked, ['changes.isListening', 'clients.facts', 'failures.record'], name)
    }
  },
)

t.test('a wrong secret is in the request log of whose client was stated, and the secret is not', async t => {
  const { client, come, verdict, calls, requestLog, context } = gate(t)
  const [shop, other] = [await client(), await client()]
  const wrong = newSecret()
  const headers = { ...shop.headers, 'x-client-secret': wrong, 'user-agent': 'curl/8.5' }
  const since = calls.length
  await refusal(come(headers, {}, { route: 'GET /orders/:id' }))
  t.equal(await verdict({ ...headers, 'x-client-id': 'cl_nobody' }), 'invalid_credentials')
  t.notOk(calls.slice(since).includes('clients.workspaces'), 'no answer waits for whose client it was')
  const log = await requestLog(shop.client.id)
  t.match(log, [
    {
      at: context.now(),
      workspaceId: shop.client.workspaceId,
      clientId: shop.client.id,
      domainId: undefined,
      requestId: 'request-1',
      route: 'GET /orders/:id',
      status: 401,
      ip: '203.0.113.10',
      userAgent: 'curl/8.5',
      refusedBy: 'invalid_credentials',
      facts: {},
    },
  ])
  t.equal(log.length, 1)
  t.notOk(JSON.stringify(log).includes(wrong))
  t.strictSame(await requestLog(other.client.id), [])
  t.strictSame(await requestLog('cl_nobody'), [])
})

t.test('what happened to a secret is told to whoever proves it, and to nobody else', async t => {
  const { client, verdict, environment, pass } = gate(t)
  const shop = await client()
  const clientId = shop.client.id
  const expiring = await createSecret(environment, { clientId, expiresInSeconds: 60 })
  const guess = { ...shop.headers, 'x-client-secret': newSecret() }
  await revokeSecret(environment, { clientId, secretId: shop.secret.id })
  pass(60)
  t.equal(await verdict(shop.headers), 'secret_revoked')
  t.equal(await verdict({ ...shop.headers, 'x-client-secret': expiring.value }), 'secret_expired')
  t.equal(await verdict(guess), 'invalid_credentials')
})

t.test('a rotated secret works until the overlap ends, beside the new one', async t => {
  const { client, verdict, environment, pass } = gate(t)
  const shop = await client()
  const next = await rotateSecret(environment, { clientId: shop.client.id, overlapSeconds: 3600 })
  const rotated = { ...shop.headers, 'x-client-secret': next.value }
  for (const headers of [shop.headers, rotated]) t.equal(await verdict(headers), 'admitted')
  pass(3600)
  t.equal(await verdict(shop.headers), 'secret_expired')
  t.equal(await verdict(rotated), 'admitted')
})

t.test(
  'an address in the allowlist is compared as the framework gives it, never as a header says',
  async t => {
    const { client, verdict } = gate(t)
    const shop = await client({}, { ipAllowlist: ['192.0.2.0/24', '2001:db8::/32'] })
    for (const ip of ['192.0.2.9', '::ffff:192.0.2.9', '2001:db8::9'])
      t.equal(await verdict(shop.headers, { ip: () => ip }), 'admitted', ip)
    const spoofed = { 'x-forwarded-for': '192.0.2.9', 'x-real-ip': '192.0.2.9', forwarded: 'for=192.0.2.9' }
    t.equal(await verdict({ ...shop.headers, ...spoofed }), 'ip_not_allowed')
    t.equal(await verdict(shop.headers, { ip: () => '' }), 'ip_not_allowed')
  },
)

t.test('whether a call was secure is asked of the framework, never of a header', async t => {
  const { client, verdict } = gate(t)
  const shop = await client()
  const spoofed = { 'x-forwarded-proto': 'https', 'x-forwarded-ssl': 'on' }
  t.equal(await verdict({ ...shop.headers, ...spoofed }, { secure: () => false }), 'https_required')
})

t.test('whatever the share of successes that is logged, every failure of the host is', async t => {
  const { client, come, requestLog } = gate(t, { requestLog: { successes: 0 } })
  const shop = await client()
  for (const status of [200, 399, 400, 404, 500]) {
    const admission = await come(shop.headers, { ip: () => '192.0.2.7' })
    if (!admission.admitted) throw new Error(admission.response.body)
    await metered(admission, status)
  }
  const entries = await requestLog(shop.client.id)
  t.strictSame(entries.map(({ status }) => status).sort(), [400, 404, 500])
  t.match(entries[0], { ip: '192.0.2.7', refusedBy: undefined })
})

t.test('what neither a rule nor the log needs is not asked of the request', async t => {
  const { client, come } = gate(t, { requestLog: { successes: 0 } })
  const asked: string[] = []
  const shop = await client({}, { mode: 'test' })
  // Where a secret is used from is asked when it is proven, which is not each time.
  await admission(come(shop.headers))
  await admission(
    come(shop.headers, {
      ip: () => asked.push('ip').toString(),
      secure: () => asked.push('secure') > 0,
    }),
  )
  t.strictSame(asked, [])
})

t.test('a refusal of the limiter says when to come again', async t => {
  const plan: Plan = {
    ...(DEFAULT_PLANS.enterprise as Plan),
    includedRequests: 3,
    hardCap: true,
    rateLimit: { requests: 2, windowSeconds: 60 },
  }
  const { client, come, pass } = gate(t, { plans: { tight: plan } })
  const shop = await client()
  for (let request = 0; request < 2; request++) await admission(come(shop.headers))

  // NOW is 7.089 s into its minute.
  const rate = await refusal(come(shop.headers))
  t.match(rate.body.error, { code: 'rate_limited' })
  t.equal(rate.response.status, 429)
  t.match(rate.response.headers, {
    'retry-after': '53',
    'ratelimit-policy': '"rate";q=2;w=60',
    ratelimit: '"rate";r=0;t=53',
  })

  pass(60)
  await admission(come(shop.headers))
  const quota = await refusal(come(shop.headers))
  const endOfMonth = Math.ceil((Date.UTC(2026, 3, 1) - (NOW.getTime() + 60_000)) / 1000)
  t.match(quota.body.error, { code: 'quota_exceeded' })
  t.match(quota.response.headers, {
    'retry-after': String(endOfMonth),
    'ratelimit-policy': '"quota";q=3',
    ratelimit: `"quota";r=0;t=${endOfMonth}`,
  })
})

t.test('the owner’s own cap holds beside the plan’s: the smaller of the two', async t => {
  const table: [hardCap: boolean, included: number, cap: number | undefined, admitted: number][] = [
    [true, 2, undefined, 2],
    [true, 2, 3, 2],
    [true, 3, 2, 2],
    [false, 2, 3, 3],
    [false, 2, undefined, 5],
    [true, 2, 0, 0],
  ]
  for (const [hardCap, includedRequests, monthlyRequestCap, admitted] of table) {
    const plan: Plan = {
      ...(DEFAULT_PLANS.enterprise as Plan),
      includedRequests,
      hardCap,
      rateLimit: undefined,
    }
    const { client, verdict, storage } = gate(t, { plans: { tight: plan } })
    const shop = await client()
    const workspace = await storage.workspaces.find(shop.client.workspaceId)
    if (workspace) await storage.workspaces.update(workspace, { ...workspace, monthlyRequestCap }, AUDIT)
    const verdicts: string[] = []
    for (let request = 0; request < 5; request++) verdicts.push(await verdict(shop.headers))
    t.equal(
      verdicts.filter(each => each === 'admitted').length,
      admitted,
      JSON.stringify([hardCap, includedRequests, monthlyRequestCap]),
    )
    t.ok(verdicts.every(each => each === 'admitted' || each === 'quota_exceeded'))
  }
})

t.test('a limit lets no burst through', async t => {
  const plan: Plan = { ...(DEFAULT_PLANS.enterprise as Plan), rateLimit: { requests: 10, windowSeconds: 60 } }
  const { client, verdict } = gate(t, { plans: { tight: plan } })
  const shop = await client()
  const verdicts = await Promise.all(Array.from({ length: 50 }, () => verdict(shop.headers)))
  t.equal(verdicts.filter(each => each === 'admitted').length, 10)
  t.equal(verdicts.filter(each => each === 'rate_limited').length, 40)
})

t.test('a client’s own limit replaces that of its plan', async t => {
  const plan: Plan = { ...(DEFAULT_PLANS.enterprise as Plan), rateLimit: { requests: 5, windowSeconds: 60 } }
  const { client, verdict, storage } = gate(t, { plans: { tight: plan } })
  const shop = await client()
  const rateLimit = { requests: 2, windowSeconds: 3600, sliding: true }
  await storage.clients.update(shop.client, { ...shop.client, rateLimit }, AUDIT)
  const verdicts: string[] = []
  for (let request = 0; request < 4; request++) verdicts.push(await verdict(shop.headers))
  t.strictSame(verdicts, ['admitted', 'admitted', 'rate_limited', 'rate_limited'])
})

t.test('a route’s limits hold beside the plan’s, for each client and each address', async t => {
  const { client, come, verdict } = gate(t)
  const one = await client()
  const two = await client()
  const limits = [
    { per: 'client', requests: 3, windowSeconds: 60 },
    { per: 'ip', requests: 4, windowSeconds: 60 },
  ] as const
  const from = (ip: string) => ({ ip: () => ip })
  const ask = (headers: Record<string, string>, ip: string) => verdict(headers, from(ip), { limits })
  for (let request = 0; request < 3; request++) t.equal(await ask(one.headers, '192.0.2.1'), 'admitted')
  t.equal(await ask(one.headers, '192.0.2.2'), 'rate_limited', 'the client has had its three')
  t.equal(await ask(two.headers, '192.0.2.1'), 'admitted')
  t.equal(await ask(two.headers, '192.0.2.1'), 'rate_limited', 'the address has had its four')
  t.equal(await ask(two.headers, '192.0.2.3'), 'admitted')
  t.equal(await verdict(one.headers, from('192.0.2.1')), 'admitted', 'another route knows nothing of it')
  const { response } = await refusal(come(two.headers, from('192.0.2.1'), { limits }))
  t.match(response.headers, { 'ratelimit-policy': '"ip-60";q=4;w=60', ratelimit: '"ip-60";r=0;t=53' })
})

t.test(
  'a client may be held to windows of several lengths, and routes that share a name to their own',
  async t => {
    const { client, come, verdict } = gate(t)
    const shop = await client()
    const limits = [
      { per: 'client', requests: 2, windowSeconds: 5 },
      { per: 'client', requests: 3, windowSeconds: 3600 },
      { per: 'client', requests: 4, windowSeconds: 60, sliding: true },
    ] as const
    const verdicts: string[] = []
    for (let request = 0; request < 3; request++) verdicts.push(await verdict(shop.headers, {}, { limits }))
    t.strictSame(verdicts, ['admitted', 'admitted', 'rate_limited'])
    t.match((await refusal(come(shop.headers, {}, { limits }))).response.headers, {
      'ratelimit-policy': '"client-5";q=2;w=5',
    })
    const longer = [{ per: 'client', requests: 3, windowSeconds: 3600 }] as const
    t.equal(await verdict(shop.headers, {}, { limits: longer }), 'admitted', 'the hour has one left')
    t.match((await refusal(come(shop.headers, {}, { limits: longer }))).response.headers, {
      'ratelimit-policy': '"client-3600";q=3;w=3600',
    })
    const fixed = [{ per: 'client', requests: 1, windowSeconds: 60 }] as const
    const both = await Promise.all(
      [fixed, limits.slice(2)].map(limits => verdict(shop.headers, {}, { limits })),
    )
    t.strictSame(
      both,
      ['admitted', 'admitted'],
      'fixed and sliding windows of a length are counts of their own',
    )
  },
)

t.test('the rate limit fields of an admitted request, where they are wanted', async t => {
  const plan: Plan = { ...(DEFAULT_PLANS.enterprise as Plan), rateLimit: { requests: 10, windowSeconds: 60 } }
  const { client, come } = gate(t, { plans: { tight: plan }, rateLimitHeaders: 'always' })
  const shop = await client()
  const limits = [{ per: 'ip', requests: 100, windowSeconds: 1, sliding: true }] as const
  const first = await admission(come(shop.headers, {}, { limits }))
  t.strictSame(first.headers, {
    'ratelimit-policy': '"rate";q=10;w=60, "ip-1";q=100;w=1',
    ratelimit: '"rate";r=9;t=53, "ip-1";r=99;t=2',
  })
  t.match((await admission(come(shop.headers))).headers, { ratelimit: '"rate";r=8;t=53' })
})

t.test('the owner’s spend cap counts what is under way, and what the plan includes is free', async t => {
  const plan: Plan = { ...(DEFAULT_PLANS.enterprise as Plan), includedRequests: 2, rateLimit: undefined }
  const { client, come, verdict, storage } = gate(t, { plans: { tight: plan } })
  const shop = await client()
  const workspace = await storage.workspaces.find(shop.client.workspaceId)
  // Two are included, and three at 25 nano-euro fit.
  if (workspace)
    await storage.workspaces.update(workspace, { ...workspace, monthlySpendCapNanoEuro: 99 }, AUDIT)
  const verdicts = await Promise.all(Array.from({ length: 10 }, () => verdict(shop.headers)))
  t.equal(verdicts.filter(each => each === 'admitted').length, 5)
  const { response, body } = await refusal(come(shop.headers))
  t.equal(body.error.code, 'quota_exceeded')
  t.match(body.message, 'EUR 0.000000099')
  t.match(response.headers, { 'retry-after': /^\d+$/ })
  // Nano-euro would be taken for requests.
  t.strictSame(
    Object.keys(response.headers).filter(name => name.startsWith('ratelimit')),
    [],
  )
})

t.test('whoever waits for a turn under a cap gets it, though the month turns meanwhile', async t => {
  const plan: Plan = {
    ...(DEFAULT_PLANS.enterprise as Plan),
    includedRequests: 100,
    hardCap: true,
    rateLimit: undefined,
  }
  const { client, come, pass, now } = gate(t, { plans: { tight: plan } })
  const shop = await client()
  const ask = () => admission(come(shop.headers))
  const end = async (admitted: Awaited<ReturnType<typeof ask>>) =>
    new Promise<void>((committed, failed) => admitted.complete(200, { committed, failed }))
  const underWay = await Promise.all(Array.from({ length: 8 }, ask))
  const waiting = Array.from({ length: 20 }, ask)
  t.equal(await Promise.race([...waiting, new Promise(resolve => setImmediate(resolve, 'none'))]), 'none')
  pass((monthAfter(monthOf(now())).getTime() - now().getTime()) / 1000)
  await end(await ask())
  await Promise.all(underWay.map(end))
  await Promise.all(waiting.map(async admitted => end(await admitted)))
  t.pass('all of them were admitted')
})

t.test(
  'who leaves while the secret is proven is not admitted; who proves none is told of all the same',
  async t => {
    const { client, come, requestLog, storage, context } = gate(t)
    const shop = await client()
    const gone = { hasLeft: () => true }
    t.match(await come(shop.headers, gone), { admitted: false, response: { status: 499, body: '' } })
    t.strictSame(await requestLog(shop.client.id), [])
    const guess = { ...shop.headers, 'x-client-secret': newSecret() }
    t.match(await come(guess, gone), { admitted: false, response: { status: 401 } })
    t.match(await requestLog(shop.client.id), [{ refusedBy: 'invalid_credentials' }])
    await context.meter.flush()
    t.strictSame(await storage.usage.events(ALL, 10), [])
  },
)

t.test('the owner hears once for a month and a cap that requests are refused by it', async t => {
  const told: { readonly key: string; readonly message: string }[] = []
  const plan: Plan = {
    ...(DEFAULT_PLANS.enterprise as Plan),
    includedRequests: 4,
    hardCap: true,
    rateLimit: undefined,
  }
  const { client, come, verdict, storage, change, pass } = gate(t, {
    plans: { tight: plan },
    onEvent: event => void told.push(event),
  })
  const shop = await client()
  const capped = async (caps: { monthlyRequestCap?: number; monthlySpendCapNanoEuro?: number }) => {
    const workspace = await storage.workspaces.find(shop.client.workspaceId)
    if (workspace === undefined) throw new Error('It is not there.')
    await storage.workspaces.update(workspace, { ...workspace, ...caps }, AUDIT)
    await change(shop.client.id)
  }
  const refusedBy = async () => {
    const verdicts = await Promise.all(Array.from({ length: 9 }, () => verdict(shop.headers)))
    t.ok(verdicts.includes('quota_exceeded'))
    await new Promise(setImmediate)
    return told.splice(0).filter(({ key }) => key.startsWith('usage.refused:'))
  }
  await capped({ monthlyRequestCap: 1 })
  t.match(await refusedBy(), [
    {
      key: 'usage.refused:2026-03:request_cap:1',
      message: 'Requests are refused from now on: the cap of 1 request a month is reached. Raise the cap, or',
    },
  ])
  const advice = async () => (await refusal(come(shop.headers))).body.message
  t.match(await advice(), 'The cap of 1 request a month is reached. Raise the cap, or wait')
  t.strictSame(await refusedBy(), [], 'once')
  await capped({ monthlyRequestCap: 3 })
  t.match(await refusedBy(), [{ key: 'usage.refused:2026-03:request_cap:3' }], 'of another cap anew')
  await capped({ monthlyRequestCap: 100 })
  t.match(await refusedBy(), [
    {
      type: 'usage.refused',
      clientId: undefined,
      key: 'usage.refused:2026-03:allowance:4',
      message: /: the plan allows 4 requests a month and no more\. Change the plan, or wait/,
      data: { month: '2026-03', cap: 'allowance', of: '4' },
    },
  ])
  t.match(await advice(), 'The plan allows 4 requests a month and no more. Change the plan, or wait')
  pass(31 * 86_400)
  t.match(await refusedBy(), [{ key: 'usage.refused:2026-04:allowance:4' }], 'and of another month')
  const events = await storage.workspaceEvents.list({ workspaceId: shop.client.workspaceId, limit: 100 })
  t.equal(events.filter(({ type }) => type === 'usage.refused').length, 4)
})

t.test(
  'a spend cap that refuses before all of it is used up is told of as well, after the marks',
  async t => {
    const plan: Plan = { ...(DEFAULT_PLANS.enterprise as Plan), includedRequests: 0, rateLimit: undefined }
    const told: unknown[] = []
    const { client, come, verdict, storage, replace, restore } = gate(t, {
      plans: { tight: plan },
      onEvent: event => void told.push(event),
    })
    const shop = await client()
    const workspace = await storage.workspaces.find(shop.client.workspaceId)
    if (workspace)
      await storage.workspaces.update(workspace, { ...workspace, monthlySpendCapNanoEuro: 30 }, AUDIT)
    await admission(come(shop.headers))
    replace('workspaceEvents.record', () => Promise.reject(new Error('No.')))
    t.equal(await verdict(shop.headers), 'quota_exceeded')
    await new Promise(setImmediate)
    t.strictSame(told, [])
    restore('workspaceEvents.record')
    t.equal(await verdict(shop.headers), 'quota_exceeded')
    await new Promise(setImmediate)
    const marks = [50, 80].map(percent => ({ type: 'usage.spend_cap', data: { percent } }))
    t.match(told, [
      ...marks,
      {
        type: 'usage.refused',
        key: 'usage.refused:2026-03:spend_cap:30',
        message: /: the spend cap of EUR 0\.00000003 a month is reached\. Raise the cap, or wait/,
        data: { cap: 'spend_cap', of: '30' },
      },
    ])
  },
)

t.test('a failure of ours gives its place under a cap back', async t => {
  const plan: Plan = {
    ...(DEFAULT_PLANS.enterprise as Plan),
    includedRequests: 1,
    hardCap: true,
    rateLimit: undefined,
  }
  const { client, come, verdict } = gate(t, { plans: { tight: plan } })
  const shop = await client()
  const failed = await admission(come(shop.headers))
  t.equal(await verdict(shop.headers), 'quota_exceeded')
  await metered(failed, 503)
  await metered(await admission(come(shop.headers)), 200)
  t.equal(await verdict(shop.headers), 'quota_exceeded')
})

t.test('who is refused by an earlier rule uses up nothing of the limit', async t => {
  const plan: Plan = { ...(DEFAULT_PLANS.enterprise as Plan), rateLimit: { requests: 1, windowSeconds: 60 } }
  const { client, verdict } = gate(t, { plans: { tight: plan } })
  const shop = await client()
  for (let request = 0; request < 5; request++) {
    t.equal(await verdict({ ...shop.headers, 'x-client-secret': newSecret() }), 'invalid_credentials')
    t.equal(await verdict(shop.headers, { secure: () => false }), 'https_required')
  }
  t.equal(await verdict(shop.headers), 'admitted')
})

t.test(
  'one client’s requests leave the rate of another alone, and share the quota of their workspace',
  async t => {
    const plan: Plan = {
      ...(DEFAULT_PLANS.enterprise as Plan),
      includedRequests: 3,
      hardCap: true,
      rateLimit: { requests: 2, windowSeconds: 60 },
    }
    const { client, verdict } = gate(t, { plans: { tight: plan } })
    const one = await client()
    const two = await client({ workspaceId: one.client.workspaceId })
    const elsewhere = await client()
    t.strictSame(
      [
        await verdict(one.headers),
        await verdict(one.headers),
        await verdict(one.headers),
        await verdict(two.headers),
        await verdict(two.headers),
        await verdict(elsewhere.headers),
      ],
      ['admitted', 'admitted', 'rate_limited', 'admitted', 'quota_exceeded', 'admitted'],
    )
  },
)

t.test(
  'what the ledger keeps of texts that a caller may have made fits, and is nothing but text',
  async t => {
    const { client, come, storage } = gate(t)
    const shop = await client()
    const admitted = await admission(come(shop.headers))
    for (const wrong of [5, null, undefined, {}])
      t.throws(() => admitted.caller.concerns(wrong as never), {
        name: 'TypeError',
        message: /sub of the user/,
      })
    admitted.caller.concerns(`a\0${'x'.repeat(2700)}`)
    await metered(admitted, 200)
    const [event] = await storage.usage.events(ALL, 10)
    t.equal(event?.sub, `a\uFFFD${'x'.repeat(510)}`)
  },
)

t.test('an admitted request becomes one usage event, once its status is known', async t => {
  const { client, come, storage, pass } = gate(t)
  const shop = await client()
  const admitted = await admission(come(shop.headers))
  t.strictSame(await storage.usage.events(ALL, 10), [], 'not before')
  admitted.caller.concerns('4711')
  pass(0.25)
  await metered(admitted, 201)
  const [event, ...others] = await storage.usage.events(ALL, 10)
  t.strictSame(others, [])
  t.match(event?.id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/, 'a UUID that sorts by time')
  t.match(event, {
    at: NOW,
    workspaceId: shop.client.workspaceId,
    clientId: shop.client.id,
    domainId: shop.domain.id,
    route: 'GET /orders',
    mode: 'live',
    sub: '4711',
    status: 201,
    durationMs: 250,
    priceNanoEuro: 25,
  })
})

t.test(
  'the price is that of the rule in live mode, nothing in test mode, and nothing for a failure of ours',
  async t => {
    const table: [mode: 'live' | 'test', price: string, status: number, nanoEuro: number][] = [
      ['live', 'orders', 200, 25],
      ['live', 'orders', 404, 25],
      ['live', 'orders', 500, 0],
      ['live', 'default', 200, 10_000],
      ['live', 'sign-token', 200, 0],
      ['test', 'orders', 200, 0],
      ['test', 'default', 200, 0],
    ]
    for (const [mode, price, status, nanoEuro] of table) {
      const { client, come, storage } = gate(t)
      const shop = await client({}, { mode })
      await metered(await admission(come(shop.headers, {}, { price })), status)
      t.match(
        await storage.usage.events(ALL, 10),
        [{ mode, status, priceNanoEuro: nanoEuro }],
        `${mode} ${price} ${status}`,
      )
    }
  },
)

t.test('the host’s own name for a route is the one in usage and in the log', async t => {
  const { client, come, storage, requestLog } = gate(t)
  const shop = await client()
  const rule = { route: 'orders' }
  await metered(await admission(come(shop.headers, {}, rule)), 200)
  await refusal(come(shop.headers, { secure: () => false }, rule))
  t.match(await storage.usage.events(ALL, 10), [{ route: 'orders' }])
  t.match(await requestLog(shop.client.id), [{ route: 'orders' }])
})

t.test('a clock that was set back makes no negative duration', async t => {
  const { client, come, storage, pass } = gate(t)
  const admitted = await admission(come((await client()).headers))
  pass(-5)
  await metered(admitted, 200)
  t.match(await storage.usage.events(ALL, 10), [{ durationMs: 0 }])
})

t.test('who is refused is not metered', async t => {
  const { client, come, storage, context } = gate(t)
  const shop = await client()
  await refusal(come(shop.headers, { secure: () => false }))
  await context.meter.flush()
  t.strictSame(await storage.usage.events(ALL, 10), [])
})

t.test('the secret that was used is noted, and only for who was admitted', async t => {
  const { client, come, storage, context, pass } = gate(t)
  const shop = await client()
  const lastUsed = async () => {
    await context.meter.flush()
    return (await storage.clients.secrets(shop.client.id))[0]?.lastUsedAt
  }
  await refusal(come(shop.headers, { secure: () => false }))
  t.equal(await lastUsed(), undefined)
  await admission(come(shop.headers))
  t.strictSame(await lastUsed(), NOW)
  pass(60)
  await admission(come(shop.headers))
  t.strictSame(await lastUsed(), new Date(NOW.getTime() + 60_000), 'from memory too')
})

t.test('the owner reads which rule refused and what it saw, and no secret', async t => {
  const { client, come, requestLog } = gate(t)
  const shop = await client({}, { ipAllowlist: ['192.0.2.0/24'] })
  const headers = {
    ...shop.headers,
    'user-agent': 'x'.repeat(1000),
    authorization: 'Bearer hunter2',
    cookie: 'a=b',
  }
  const { body } = await refusal(come(headers))
  const [entry, ...others] = await requestLog(shop.client.id)
  t.strictSame(others, [])
  t.match(entry, {
    at: NOW,
    requestId: body.error.request_id,
    workspaceId: shop.client.workspaceId,
    clientId: shop.client.id,
    domainId: shop.domain.id,
    route: 'GET /orders',
    status: 403,
    ip: '203.0.113.10',
    refusedBy: 'ip_not_allowed',
    facts: { ip: '203.0.113.10', allowlist: ['192.0.2.0/24'] },
  })
  t.equal(entry?.userAgent?.length, 512)
  for (const secret of [shop.value, shop.value.slice(8, 40), shop.secret.hash, 'hunter2'])
    t.notOk(JSON.stringify(entry).includes(secret), secret)
})

t.test(
  'an address is logged in one form, whether its request was admitted, refused or proved nothing',
  async t => {
    const { client, come, requestLog } = gate(t)
    const shop = await client({}, { ipAllowlist: ['203.0.113.9', '2001:db8::/32'] })
    const from = (ip: string, headers = shop.headers) => come(headers, { ip: () => ip })
    for (const ip of ['::ffff:203.0.113.9', '2001:DB8:0:0::1']) await metered(await admission(from(ip)), 200)
    const { body } = await refusal(from('::ffff:203.0.113.10'))
    t.match(body.message, /^The address 203\.0\.113\.10 is not/)
    await refusal(from('2001:DB9::1', { ...shop.headers, 'x-client-secret': newSecret() }))
    await refusal(from('x'.repeat(5000)))
    const entries = await requestLog(shop.client.id)
    t.strictSame(
      new Set(entries.map(({ ip }) => ip)),
      new Set(['203.0.113.9', '2001:db8::1', '203.0.113.10', '2001:db9::1', 'x'.repeat(512)]),
    )
    t.match(
      entries
        .filter(({ refusedBy }) => refusedBy === 'ip_not_allowed')
        .map(({ ip, facts }) => facts.ip === ip),
      [true, true],
    )
  },
)

t.test('who proved no secret fills nobody’s log', async t => {
  const { client, come, requestLog } = gate(t)
  const shop = await client()
  for (let guess = 0; guess < 50; guess++) {
    const ip = () => `198.51.100.${guess}`
    await refusal(come({ ...shop.headers, 'x-client-secret': newSecret() }, { ip }))
  }
  await refusal(come({}))
  t.equal((await requestLog(shop.client.id)).length, 10)
})

t.test('every refusal is an envelope under the request id, and repeats no secret', async t => {
  const { client, come } = gate(t)
  const shop = await client({ scopes: [] })
  const outcomes = [
    come({ ...shop.headers, 'x-client-domain': 'no host' }),
    come({ ...shop.headers, 'x-client-secret': newSecret() }),
    come({ ...shop.headers, 'x-client-domain': 'other.example.com' }),
    come(shop.headers, { secure: () => false }),
    come(shop.headers, {}, { scope: 'orders:read' }),
  ]
  for (const outcome of outcomes) {
    const { response, body, requestId } = await refusal(outcome)
    t.equal(requestId, 'request-1')
    t.equal(response.headers['x-request-id'], 'request-1')
    t.match(body, { status: 'error', message: /\.$/, error: { request_id: 'request-1' } })
    t.notOk(response.body.includes(shop.value))
  }
})

t.test(
  'a workspace whose plan is configured no more is refused, instead of admitted without limits',
  async t => {
    const { client, come, verdict, storage, log, requestLog } = gate(t)
    const shop = await client()
    t.equal(await verdict(shop.headers), 'admitted')
    const workspace = await storage.workspaces.find(shop.client.workspaceId)
    if (workspace === undefined) throw new Error('There is no workspace.')
    await storage.workspaces.update(workspace, { ...workspace, plan: 'gone' }, AUDIT)
    t.strictSame(log, [])
    for (let request = 0; request < 2; request++)
      t.match(await refusal(come(shop.headers)), {
        response: { status: 402 },
        body: { message: /does not have the plan.*operator/, error: { code: 'plan_inactive' } },
      })
    t.strictSame(
      log.map(({ level, fields }) => ({ level, ...fields })),
      [{ level: 'error', workspaceId: workspace.id, plan: 'gone' }],
      'the operator is told, once',
    )
    t.match((await requestLog(shop.client.id))[0]?.facts, { plan: 'gone', plan_configured: false })
  },
)
