import t from 'tap'
import { sha256 } from '../../src/lib/hash.ts'
import { createClient } from '../../src/manage/clients.ts'
import { addDomain } from '../../src/manage/domains.ts'
import { linkSecret } from '../../src/manage/secret-links.ts'
import { createSecret, revokeSecret, rotateSecret } from '../../src/manage/secrets.ts'
import { environment, NOW, refusal, workspaceOn } from './environment.ts'

const DAY = 86_400_000

async function shop(plan = 'basic') {
  const env = environment()
  const { id: workspaceId } = await workspaceOn(plan, env)
  const { client, secret } = await createClient(env, { workspaceId, name: 'Shop' })
  if (secret === undefined) throw new Error('A confidential client has a secret.')
  return { env, workspaceId, clientId: client.id, first: secret }
}

t.test('the value is given once and stored hashed', async t => {
  const { env, workspaceId, clientId } = await shop()
  const { secret, value } = await createSecret(env, { clientId })
  t.match(secret, {
    id: /^sec_/,
    clientId,
    name: '2026-01-31',
    hash: sha256(value),
    hint: value.slice(-4),
    createdAt: NOW,
  })
  t.equal(secret.expiresAt, undefined)
  const stored = JSON.stringify([
    await env.storage.clients.secrets(clientId),
    await env.storage.audit.list(workspaceId, 100),
  ])
  t.notMatch(stored, value)
})

t.test('no audit entry holds a hash', async t => {
  const { env, workspaceId, clientId, first } = await shop()
  const created = await createSecret(env, { clientId })
  const rotated = await rotateSecret(env, { clientId })
  await revokeSecret(env, { clientId, secretId: first.secret.id })
  const entries = await env.storage.audit.list(workspaceId, 100)
  t.same(entries.map(({ action }) => action).sort(), [
    'client.created',
    'secret.created',
    'secret.created',
    'secret.revoked',
    'secret.rotated',
    'workspace.created',
  ])
  for (const { secret } of [first, created, rotated]) t.notMatch(JSON.stringify(entries), secret.hash)
})

t.test('a secret may expire', async t => {
  const { env, clientId } = await shop()
  const { secret } = await createSecret(env, { clientId, name: 'Staging', expiresInSeconds: 86_400 })
  t.match(secret, { name: 'Staging', expiresAt: new Date(NOW.getTime() + DAY) })
  for (const expiresInSeconds of [0, 1.5, Number.NaN, 1e12]) {
    const { fields } = await refusal(createSecret(env, { clientId, expiresInSeconds }))
    t.ok(fields.expiresInSeconds, String(expiresInSeconds))
  }
})

t.test('the plan limits live secrets; a revoked one makes room', async t => {
  const { env, clientId, first } = await shop()
  for (let secret = 2; secret <= 5; secret++) await createSecret(env, { clientId })
  t.match(await refusal(createSecret(env, { clientId })), {
    code: 'secret_limit_reached',
    message: 'The plan Clients Basic allows 5 live secrets of one client, and no more. Revoke one',
  })
  await revokeSecret(env, { clientId, secretId: first.secret.id })
  await createSecret(env, { clientId })
})

t.test('a public client has no secrets', async t => {
  const env = environment()
  const { id: workspaceId } = await workspaceOn('basic', env)
  const { client } = await createClient(env, { workspaceId, name: 'App', type: 'public' })
  for (const attempt of [createSecret, rotateSecret]) {
    t.match(await refusal(attempt(env, { clientId: client.id })), { code: 'public_client' })
  }
})

t.test('rotation leaves the other secrets working for the overlap', async t => {
  const { env, clientId, first } = await shop()
  const { secret } = await rotateSecret(env, { clientId, overlapSeconds: 3600 })
  const byId = new Map((await env.storage.clients.secrets(clientId)).map(each => [each.id, each]))
  t.equal(byId.get(secret.id)?.expiresAt, undefined)
  t.same(byId.get(first.secret.id)?.expiresAt, new Date(NOW.getTime() + 3_600_000))
  t.match(await refusal(rotateSecret(env, { clientId, overlapSeconds: -1 })), {
    fields: { overlapSeconds: /at least 0/ },
  })
})

t.test('the overlap is a day unless said otherwise', async t => {
  const { env, clientId, first } = await shop()
  await rotateSecret(env, { clientId })
  const secrets = await env.storage.clients.secrets(clientId)
  const old = secrets.find(({ id }) => id === first.secret.id)
  t.same(old?.expiresAt, new Date(NOW.getTime() + DAY))
})

t.test('a rotated secret works on the domains that the live ones are linked to', async t => {
  const { env, clientId, first } = await shop()
  const [linked, unlinked, dead] = await Promise.all(
    ['linked.example', 'unlinked.example', 'dead.example'].map(host =>
      addDomain(env, { clientId, host, mode: 'live' }),
    ),
  )
  const revoked = await createSecret(env, { clientId })
  await linkSecret(env, { clientId, secretId: first.secret.id, domain: 'linked.example' })
  await linkSecret(env, { clientId, secretId: revoked.secret.id, domain: 'dead.example' })
  await revokeSecret(env, { clientId, secretId: revoked.secret.id })
  const { secret } = await rotateSecret(env, { clientId })
  const linkedIds = async (domainId = '') =>
    (await env.storage.clients.facts(clientId, secret.hash, domainId))?.linkedSecretIds
  t.same((await linkedIds(linked?.id))?.toSorted(), [first.secret.id, secret.id].toSorted())
  t.same(await linkedIds(unlinked?.id), [])
  t.same(await linkedIds(dead?.id), [revoked.secret.id])
})

t.test('revoking is for good, and doing it again is no error', async t => {
  const { env, clientId, first } = await shop()
  const target = { clientId, secretId: first.secret.id }
  t.same(await revokeSecret(env, target), { outcome: 'revoked' })
  const later = { ...env, now: new Date(NOW.getTime() + DAY) }
  t.same(await revokeSecret(later, target), { outcome: 'already_revoked' })
  t.match(await env.storage.clients.secrets(clientId), [{ revokedAt: NOW }])
})

t.test('what does not exist is named', async t => {
  const { env, clientId } = await shop()
  const other = await shop()
  t.match(await refusal(createSecret(env, { clientId: 'cl_1' })), {
    code: 'client_not_found',
    message: 'There is no client "cl_1".',
  })
  t.match(await refusal(revokeSecret(env, { clientId, secretId: other.first.secret.id })), {
    code: 'secret_not_found',
    fields: { secretId: 'does not exist' },
  })
})
