import { memory } from '@xwms/storage-memory'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify, SignJWT } from 'jose'
import t from 'tap'
import { createKeyRing, type KeyRing } from '../../src/context/key-ring.ts'
import type { SigningKey } from '../../src/model/authorization.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { NOW } from '../installation.ts'

const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1000)

async function signedBy(ring: KeyRing, alg: SigningKey['alg']): Promise<string> {
  const { kid, privateKey } = await ring.signer(alg)
  return new SignJWT({}).setProtectedHeader({ alg, kid }).sign(privateKey)
}

async function verifies(ring: KeyRing, token: string): Promise<boolean> {
  const keys = createLocalJWKSet((await ring.jwks()) as JSONWebKeySet)
  return jwtVerify(token, keys).then(
    () => true,
    () => false,
  )
}

/** Memory storage whose keys are counted, and fail while told so. */
function watchedStorage() {
  const storage = memory()
  const calls = { list: 0, ensure: 0 }
  let failing = false
  const keys: Storage['keys'] = {
    async list(now) {
      calls.list++
      if (failing) throw new Error('The database is away.')
      return storage.keys.list(now)
    },
    async ensure(candidates, now) {
      calls.ensure++
      return storage.keys.ensure(candidates, now)
    },
  }
  const fail = (on: boolean) => {
    failing = on
  }
  return { storage: { ...storage, keys }, calls, fail }
}

t.test(
  'the first start makes an RS256 and an ES256 key, and what they sign is verified by what is published',
  async t => {
    const ring = createKeyRing(memory(), () => NOW)
    const { keys } = await ring.jwks()
    t.strictSame(keys.map(({ alg, kty, use }) => [alg, kty, use]).sort(), [
      ['ES256', 'EC', 'sig'],
      ['RS256', 'RSA', 'sig'],
    ])
    for (const alg of ['RS256', 'ES256'] as const) t.ok(await verifies(ring, await signedBy(ring, alg)), alg)
  },
)

t.test('nothing private is published, and every key has its own kid', async t => {
  const ring = createKeyRing(memory(), () => NOW)
  const { keys } = await ring.jwks()
  for (const key of keys)
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'])
      t.notOk(member in key, `${key.kty} ${member}`)
  const kids = keys.map(({ kid }) => kid)
  t.ok(
    kids.every(kid => typeof kid === 'string' && kid.length === 43),
    'an RFC 7638 thumbprint',
  )
  t.equal(new Set(kids).size, kids.length)
  const rsa = keys.find(({ kty }) => kty === 'RSA')
  t.ok(Buffer.from(rsa?.n ?? '', 'base64url').length >= 256, 'at least 2048 bits')
})

t.test('processes that start together end with the same keys', async t => {
  const storage = memory()
  const rings = [createKeyRing(storage, () => NOW), createKeyRing(storage, () => NOW)] as const
  const [one, other] = await Promise.all([rings[0].jwks(), rings[1].jwks()])
  t.equal(one.keys.length, 2)
  t.strictSame(one, other)
  t.ok(await verifies(rings[1], await signedBy(rings[0], 'RS256')))
})

t.test('keys survive a restart: a second start makes none', async t => {
  const { storage, calls } = watchedStorage()
  const before = await createKeyRing(storage, () => NOW).jwks()
  const after = await createKeyRing(storage, () => later(86_400)).jwks()
  t.strictSame(after, before)
  t.equal(calls.ensure, 1)
})

t.test(
  'keys are believed for a minute, so that signing needs no database and a rotation is still heard of',
  async t => {
    const { storage, calls } = watchedStorage()
    let now = NOW
    const ring = createKeyRing(storage, () => now)
    await Promise.all([ring.jwks(), ring.signer('ES256'), ring.signer('RS256')])
    now = later(60)
    await ring.jwks()
    t.equal(calls.list, 1)
    now = later(61)
    await ring.jwks()
    t.equal(calls.list, 2)
  },
)

t.test('a key is published before it signs, and the one before it after that', async t => {
  const storage = memory()
  let now = NOW
  const ring = createKeyRing(storage, () => now)
  const current = await ring.signer('ES256')
  const old = await signedBy(ring, 'ES256')

  // The next key: made by another installation, to be active in an hour.
  const elsewhere = memory()
  await createKeyRing(elsewhere, () => NOW).jwks()
  const [made] = (await elsewhere.keys.list(NOW)).filter(({ alg }) => alg === 'ES256')
  const next: SigningKey = { ...(made as SigningKey), createdAt: later(1), activeAt: later(3600) }
  const listed = [...(await storage.keys.list(NOW)), next]
  const rotating = createKeyRing(
    { ...storage, keys: { ...storage.keys, list: async () => listed } },
    () => now,
  )

  t.equal((await rotating.signer('ES256')).kid, current.kid)
  t.ok((await rotating.jwks()).keys.some(({ kid }) => kid === next.kid))

  now = later(3600)
  t.equal((await rotating.signer('ES256')).kid, next.kid)
  t.ok(await verifies(rotating, old), 'what the previous key signed is still good')
  t.ok(await verifies(rotating, await signedBy(rotating, 'ES256')))
})

t.test('a database that is away fails the call and not the next one', async t => {
  const { storage, fail } = watchedStorage()
  const ring = createKeyRing(storage, () => NOW)
  fail(true)
  await t.rejects(ring.jwks(), { message: 'The database is away.' })
  fail(false)
  t.equal((await ring.jwks()).keys.length, 2)
})

t.test('an algorithm without a key is an error, never another algorithm', async t => {
  const ring = createKeyRing(memory(), () => NOW)
  await t.rejects(ring.signer('EdDSA'), { message: 'There is no active EdDSA key.' })
})
