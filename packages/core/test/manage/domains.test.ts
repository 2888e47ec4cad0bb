import t from 'tap'
import { createClient } from '../../src/manage/clients.ts'
import { addDomain, updateDomain } from '../../src/manage/domains.ts'
import { linkSecret } from '../../src/manage/secret-links.ts'
import { environment, NOW, refusal, workspaceOn } from './environment.ts'

async function shop(plan = 'basic') {
  const env = environment()
  const { id: workspaceId } = await workspaceOn(plan, env)
  const { client, secret } = await createClient(env, { workspaceId, name: 'Shop' })
  return { env, workspaceId, clientId: client.id, secretId: secret?.secret.id ?? '' }
}

t.test('a domain is stored under its normal host, open to everything that its mode allows', async t => {
  const { env, clientId } = await shop()
  const domain = await addDomain(env, { clientId, host: 'Bücher.Example.:443', mode: 'live' })
  t.match(domain, {
    id: /^dom_/,
    clientId,
    host: 'xn--bcher-kva.example',
    mode: 'live',
    active: true,
    loginAllowed: true,
    apiAllowed: true,
    testUsersOnly: false,
    createdAt: NOW,
  })
  t.same(domain.ipAllowlist, [])
  t.same(await env.storage.clients.domains(clientId), [domain])
})

t.test('every bad field is named at once', async t => {
  const attempt = addDomain(environment(), {
    clientId: 'cl_1',
    host: 'https://shop.example/',
    mode: 'live',
    testUsersOnly: true,
    ipAllowlist: ['192.0.2.1', '192.0.2.0/33'],
    fallbackUri: '/sign-in',
  })
  t.match(await refusal(attempt), {
    code: 'invalid_input',
    fields: {
      host: '"https://shop.example/" must be a domain name such as example.com',
      'ipAllowlist.1': '"192.0.2.0/33" must be an IP address or a CIDR range',
      fallbackUri: /absolute URL/,
      testUsersOnly: 'must be off in live mode',
    },
  })
})

t.test('hosts that are none are refused', async t => {
  for (const host of ['', '*.example.com', 'shop.example/path', 'a b', 'dom_1', 'ann@shop.example']) {
    const { fields } = await refusal(addDomain(environment(), { clientId: 'cl_1', host, mode: 'live' }))
    t.ok(fields.host, JSON.stringify(host))
  }
})

t.test('an allowlist holds addresses and ranges, written out', async t => {
  const table: [entry: string, allowed: boolean][] = [
    ['192.0.2.1', true],
    ['192.0.2.0/24', true],
    ['2001:db8::1', true],
    ['2001:db8::/32', true],
    ['192.0.2', false],
    ['192.168.1/24', false],
    ['3221225985', false],
    ['010.1.1.1', false],
    ['192.0.2.1/', false],
    ['fe80::1%eth0', false],
    ['example.com', false],
    ['', false],
  ]
  for (const [entry, allowed] of table) {
    // The missing host keeps what is allowed from going further.
    const input = { clientId: 'cl_1', host: '', mode: 'test' as const, ipAllowlist: [entry] }
    const { fields } = await refusal(addDomain(environment(), input))
    t.equal(fields['ipAllowlist.0'] === undefined, allowed, JSON.stringify(entry))
  }
})

t.test('only test mode can keep a domain to test users', async t => {
  const { env, clientId } = await shop()
  const input = { clientId, host: 'shop.example', testUsersOnly: true }
  t.match(await refusal(addDomain(env, { ...input, mode: 'live' })), {
    fields: { testUsersOnly: 'must be off in live mode' },
  })
  const { id } = await addDomain(env, { ...input, mode: 'test' })
  t.match(await refusal(updateDomain(env, { clientId, domain: id }, { mode: 'live' })), {
    fields: { testUsersOnly: 'must be off in live mode' },
  })
  const live = await updateDomain(env, { clientId, domain: id }, { mode: 'live', testUsersOnly: false })
  t.match(live, { mode: 'live', testUsersOnly: false })
})

t.test('a client has a host once, and the plan limits domains', async t => {
  const { env, clientId } = await shop()
  await addDomain(env, { clientId, host: 'one.example', mode: 'live' })
  t.match(await refusal(addDomain(env, { clientId, host: 'ONE.example', mode: 'test' })), {
    code: 'host_taken',
  })
  await addDomain(env, { clientId, host: 'two.example', mode: 'live' })
  await addDomain(env, { clientId, host: 'three.example', mode: 'live' })
  t.match(await refusal(addDomain(env, { clientId, host: 'four.example', mode: 'live' })), {
    code: 'domain_limit_reached',
    message: 'The plan Clients Basic allows 3 domains over all clients of a workspace, and no more.',
  })
})

t.test('a domain is changed by host or id, and the audit keeps both sides', async t => {
  const { env, workspaceId, clientId } = await shop()
  const fallbackUri = 'https://shop.example/'
  const domain = await addDomain(env, { clientId, host: 'shop.example', mode: 'live', fallbackUri })
  const target = { clientId, domain: 'Shop.Example' }
  const changed = await updateDomain(env, target, { loginAllowed: false, fallbackUri: null })
  t.same(changed, { ...domain, loginAllowed: false, fallbackUri: undefined })
  t.same(await env.storage.clients.domains(clientId), [changed])
  const byId = await updateDomain(env, { clientId, domain: domain.id }, { active: false, apiAllowed: false })
  t.same(byId, { ...changed, active: false, apiAllowed: false })
  const entries = await env.storage.audit.list(workspaceId, 100)
  t.match(
    entries.find(({ after }) => after?.loginAllowed === false && after.active),
    {
      action: 'domain.updated',
      target: domain.id,
      before: { loginAllowed: true, fallbackUri },
      after: { host: 'shop.example', createdAt: NOW.toISOString() },
    },
  )
  t.match(await refusal(updateDomain(env, { clientId, domain: 'other.example' }, {})), {
    code: 'domain_not_found',
    fields: { domain: 'does not exist' },
  })
})

t.test('a secret is linked to a domain of its own client', async t => {
  const { env, workspaceId, clientId, secretId } = await shop()
  const domain = await addDomain(env, { clientId, host: 'shop.example', mode: 'live' })
  const link = { clientId, secretId, domain: 'shop.example' }
  t.match(await linkSecret(env, link), { secret: { id: secretId }, domain: { id: domain.id } })
  await linkSecret(env, { ...link, domain: domain.id })
  const [proof] = await env.storage.clients.secrets(clientId)
  const facts = await env.storage.clients.facts(clientId, proof?.hash ?? '', domain.id)
  t.same(facts?.linkedSecretIds, [secretId])
  const entry = (await env.storage.audit.list(workspaceId, 100)).find(
    ({ action }) => action === 'secret.linked',
  )
  t.match(entry, { target: secretId, after: { domainId: domain.id, host: 'shop.example' } })
  t.match(await refusal(linkSecret(env, { ...link, secretId: 'sec_1' })), { code: 'secret_not_found' })
  t.match(await refusal(linkSecret(env, { ...link, domain: 'other.example' })), {
    code: 'domain_not_found',
  })
})
