import { memory } from '@xwms/storage-memory'
import t from 'tap'
import { createConfig } from '../../src/config/config.ts'
import type { KitOptions } from '../../src/config/options.ts'
import { createKeyRing } from '../../src/context/keys/key-ring.ts'
import { listKeys, rotateKeys } from '../../src/manage/keys.ts'
import type { JsonWebKey } from '../../src/model/json-web-key.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { PLAIN_PAGES } from '../installation.ts'
import { NOW, refusal } from './environment.ts'

const DAY = 86_400
const SILENT = { debug() {}, info() {}, warn() {}, error() {} }
const SECRET = 'a secret that is long enough for it'
const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1000)

/** An application that runs, and whoever manages its keys; both see the same clock. */
function application(options: Partial<KitOptions> = {}, storage: Storage = memory()) {
  let now = NOW
  const config = createConfig({ storage, pages: PLAIN_PAGES, logger: SILENT, now: () => now, ...options })
  const ring = createKeyRing(config)
  return {
    ring,
    storage,
    at(seconds: number) {
      now = later(seconds)
    },
    get environment() {
      return { storage, config, now, actor: 'cli', ip: undefined }
    },
    async states(alg = 'ES256') {
      const keys = await listKeys({ storage, config, now })
      return keys.filter(key => key.alg === alg).map(({ state }) => state)
    },
    async verifies(token: string) {
      return (await ring.verifyOwn(token)) !== undefined
    },
  }
}

t.test('a listed key tells what it does, and nothing of its private half', async t => {
  const app = application({ keys: { encryptionSecrets: [SECRET] } })
  t.strictSame(await listKeys(app.environment), [], 'before the first start')
  await app.ring.jwks()
  const keys = await listKeys(app.environment)
  t.strictSame(
    keys.map(({ alg, state, sealed }) => [alg, state, sealed]).sort(),
    ['ES256', 'EdDSA', 'PS256', 'RS256'].map(alg => [alg, 'current', true]),
  )
  t.notMatch(JSON.stringify(keys), /"d"|jwe|privateJwk/)
})

t.test('the next keys are published now and sign later', async t => {
  const app = application()
  const old = await app.ring.sign('ES256', {}, { sub: '1' })
  const rotations = await rotateKeys(app.environment, { algorithms: ['ES256'] })
  t.match(rotations, [
    {
      outcome: 'published',
      key: { alg: 'ES256', state: 'next', activeAt: later(DAY), retiredAt: undefined },
    },
  ])
  t.strictSame(await app.states(), ['current', 'next'])
  t.strictSame(await app.states('RS256'), ['current'])
  t.match(await rotateKeys(app.environment), [
    { outcome: 'published', key: { alg: 'RS256' } },
    { outcome: 'published', key: { alg: 'PS256' } },
    { outcome: 'waiting', key: { alg: 'ES256', kid: rotations[0]?.key.kid } },
    { outcome: 'published', key: { alg: 'EdDSA' } },
  ])

  app.at(DAY)
  t.strictSame(await app.states(), ['previous', 'current'])
  t.ok(await app.verifies(old))
  // Two weeks of sessions, a minute for the processes and one for the clocks.
  app.at(15 * DAY + 119)
  t.ok(await app.verifies(old))
  app.at(15 * DAY + 120)
  t.notOk(await app.verifies(old))
  t.strictSame(await app.states(), ['current'])
})

t.test('keys that were stolen are worthless at once, one that waited among them', async t => {
  const app = application()
  const forged = await app.ring.sign('ES256', {}, { sub: 'forged' })
  await rotateKeys(app.environment, { algorithms: ['ES256'] })
  app.at(61)
  t.ok(await app.verifies(forged))
  const [rotation] = await rotateKeys(app.environment, { algorithms: ['ES256'], now: true })
  t.match(rotation, { outcome: 'published', key: { state: 'current', activeAt: later(61) } })
  t.strictSame(await app.states(), ['current'])
  app.at(61 + 61)
  t.notOk(await app.verifies(forged), 'a process that ran on has heard of it')
  const fresh = await app.ring.sign('ES256', {}, { sub: '1' })
  t.ok(await app.verifies(fresh))
  app.at(2 * DAY)
  t.ok(await app.verifies(fresh), 'and the one that waited does not come back')
  t.strictSame(await app.states(), ['current'])
})

t.test('they may stay published for a while, for those who are in the middle of something', async t => {
  const app = application()
  const old = await app.ring.sign('EdDSA', {}, { sub: '1' })
  await rotateKeys(app.environment, { algorithms: ['EdDSA'], now: true, retireAfterSeconds: 600 })
  t.strictSame(await app.states('EdDSA'), ['previous', 'current'])
  app.at(599)
  t.ok(await app.verifies(old))
  app.at(600)
  t.notOk(await app.verifies(old))
})

t.test('keys whose secret is lost can be replaced', async t => {
  const lost = application({ keys: { encryptionSecrets: ['lost '.repeat(10)] } })
  await lost.ring.jwks()
  const app = application({ keys: { encryptionSecrets: [SECRET] } }, lost.storage)
  await t.rejects(app.ring.ready(), { code: 'storage_unavailable' })
  await rotateKeys(app.environment, { now: true })
  const restarted = application({ keys: { encryptionSecrets: [SECRET] } }, lost.storage)
  await restarted.ring.ready()
  t.ok(await restarted.verifies(await restarted.ring.sign('RS256', {}, { sub: '1' })))
})

t.test('the first keys can be made before the first start', async t => {
  const app = application()
  t.match(await rotateKeys(app.environment, { algorithms: ['PS256'] }), [
    { outcome: 'published', key: { alg: 'PS256', state: 'current' } },
  ])
  t.match(await rotateKeys(app.environment, { algorithms: ['ES256'], now: true }), [
    { outcome: 'published', key: { alg: 'ES256', state: 'current' } },
  ])
  t.equal((await app.ring.jwks()).keys.length, 4)
})

t.test('what cannot be done says why', async t => {
  const hosted = [
    {
      kid: 'kms',
      alg: 'ES256' as const,
      publicJwk: { kty: 'EC', crv: 'P-256', x: 'x'.repeat(43), y: 'y'.repeat(43) } as JsonWebKey,
      sign: async (data: Uint8Array) => data,
    },
  ]
  const app = application({ keys: { hosted, encryptionSecrets: [SECRET] } })
  await rotateKeys(app.environment)
  t.match(await listKeys(app.environment), [{}, {}, {}, { kid: 'kms', state: 'hosted', sealed: undefined }])
  t.match(await refusal(rotateKeys(app.environment, { algorithms: ['ES256'] })), {
    code: 'hosted_algorithm',
    message: /The host holds the key for ES256/,
  })
  t.match(await refusal(rotateKeys(application({}, app.storage).environment)), {
    code: 'encryption_secret_missing',
    message: /XWMS_CONFIG/,
  })
  for (const input of [
    { algorithms: ['HS256'] },
    { algorithms: [] },
    { retireAfterSeconds: 5 },
    { now: true, retireAfterSeconds: -1 },
    { now: true, retireAfterSeconds: 31 * DAY },
    { now: 'yes' },
    { unknown: true },
  ])
    t.equal(
      (await refusal(rotateKeys(app.environment, input as object))).code,
      'invalid_input',
      JSON.stringify(input),
    )
})

t.test('of two who rotate at once, one is told', async t => {
  const app = application()
  await app.ring.jwks()
  const results = await Promise.allSettled([
    rotateKeys(app.environment, { algorithms: ['ES256'] }),
    rotateKeys(app.environment, { algorithms: ['ES256'] }),
  ])
  t.strictSame(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  t.match(
    results.find(({ status }) => status === 'rejected'),
    { reason: { code: 'keys_changed' } },
  )
  t.strictSame(await app.states(), ['current', 'next'])
})
