import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { memory } from '@xwms/storage-memory'
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import t from 'tap'
import { createConfig } from '../../../src/config/config.ts'
import type { HostSigningKey, KitOptions } from '../../../src/config/options.ts'
import { createKeyRing, type KeyRing } from '../../../src/context/keys/key-ring.ts'
import { SIGNING_ALGORITHMS, type SigningKey } from '../../../src/model/authorization.ts'
import type { JsonWebKey } from '../../../src/model/json-web-key.ts'
import type { AuditEntry } from '../../../src/model/usage.ts'
import type { Storage } from '../../../src/storage/storage.ts'
import { type LogLine, NOW, PLAIN_PAGES } from '../../installation.ts'

const DAY = 86_400
const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1000)

/** A key ring with a clock that only the test moves, and a log to read. */
function ring(storage: Storage, options: Partial<KitOptions> = {}) {
  let time = NOW
  const log: LogLine[] = []
  const write = (level: LogLine['level']) => (fields: object, message: string) => {
    log.push({ level, fields: { ...fields }, message })
  }
  const config = createConfig({
    storage,
    pages: PLAIN_PAGES,
    logger: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
    now: () => time,
    ...options,
  })
  return {
    ...createKeyRing(config),
    log,
    at(seconds: number) {
      time = later(seconds)
    },
  }
}

const claims = { sub: '4711', name: 'Ada ü' }

async function kids(keys: KeyRing): Promise<string[]> {
  return (await keys.jwks()).keys.map(({ kid }) => kid as string)
}

/** Verifies as a client does: with the published set alone, which it may have fetched before. */
function verifies(set: Awaited<ReturnType<KeyRing['jwks']>>, token: string): Promise<boolean> {
  return jwtVerify(token, createLocalJWKSet(set as unknown as JSONWebKeySet)).then(
    () => true,
    () => false,
  )
}

/** Waits for what goes on in the background: asks until it is so. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (await condition()) return
    await pause(20)
  }
  throw new Error('It never came about.')
}

/** Memory storage whose keys are counted, and fail while told so. */
function watchedStorage() {
  const storage = memory()
  const calls = { list: 0, ensure: 0 }
  let failing = false
  const keys: Storage['keys'] = {
    ...storage.keys,
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
  'the first start makes a key of each algorithm, and what they sign is verified by what is published',
  async t => {
    const keys = ring(memory())
    const set = await keys.jwks()
    t.strictSame(set.keys.map(({ alg, kty, crv, use }) => [alg, kty, crv, use]).sort(), [
      ['ES256', 'EC', 'P-256', 'sig'],
      ['EdDSA', 'OKP', 'Ed25519', 'sig'],
      ['PS256', 'RSA', undefined, 'sig'],
      ['RS256', 'RSA', undefined, 'sig'],
    ])
    t.strictSame(keys.algorithms(), SIGNING_ALGORITHMS)
    for (const alg of SIGNING_ALGORITHMS) {
      const token = await keys.sign(alg, { typ: 'at+jwt' }, claims)
      t.ok(await verifies(set, token), alg)
      const { kid } = set.keys.find(key => key.alg === alg) as JsonWebKey
      t.strictSame(decodeProtectedHeader(token), { alg, typ: 'at+jwt', kid })
      t.strictSame(await keys.verifyOwn(token), claims)
      const plain = await keys.sign(alg, {}, claims)
      t.strictSame(decodeProtectedHeader(plain), { alg, kid }, 'no typ where none is wanted')
    }
  },
)

t.test('nothing private is published, and every key has its own kid', async t => {
  const { keys } = await ring(memory(), { keys: { encryptionSecrets: ['s'.repeat(32)] } }).jwks()
  for (const key of keys)
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'jwe'])
      t.notOk(member in key, `${key.kty} ${member}`)
  const ids = keys.map(({ kid }) => kid)
  t.ok(
    ids.every(kid => typeof kid === 'string' && kid.length === 43),
    'an RFC 7638 thumbprint',
  )
  t.equal(new Set(ids).size, ids.length)
  for (const rsa of keys.filter(({ kty }) => kty === 'RSA'))
    t.ok(Buffer.from(`${rsa.n}`, 'base64url').length >= 256, 'at least 2048 bits')
})

t.test('processes that start together end with the same keys and the same secrets', async t => {
  const storage = memory()
  const [one, other] = [ring(storage), ring(storage)]
  const [first, second] = await Promise.all([one.jwks(), other.jwks()])
  t.equal(first.keys.length, 4)
  t.strictSame(first, second)
  t.ok(await verifies(second, await one.sign('RS256', {}, claims)))
  const [secret, same] = await Promise.all([one.secret('pairwise'), other.secret('pairwise')])
  t.equal(secret.length, 32)
  t.strictSame(Buffer.from(secret), Buffer.from(same))
  t.notSame(Buffer.from(await one.secret('dpop-nonce')), Buffer.from(secret))
})

t.test('keys survive a restart: a second start makes none', async t => {
  const { storage, calls } = watchedStorage()
  const before = await ring(storage).jwks()
  t.strictSame(await ring(storage).jwks(), before)
  t.equal(calls.ensure, 1)
})

t.test(
  'keys are believed for a minute, so that signing needs no database and a rotation is still heard of',
  async t => {
    const { storage, calls } = watchedStorage()
    const keys = ring(storage)
    await Promise.all([keys.jwks(), keys.sign('ES256', {}, claims), keys.sign('RS256', {}, claims)])
    keys.at(60)
    await keys.sign('ES256', {}, claims)
    t.equal(calls.list, 1)
    keys.at(61)
    await keys.sign('ES256', {}, claims)
    t.equal(calls.list, 2)
  },
)

t.test('a database that is away fails the call and not the next one', async t => {
  const { storage, fail } = watchedStorage()
  const keys = ring(storage)
  fail(true)
  await t.rejects(keys.jwks(), { message: 'The database is away.' })
  fail(false)
  t.equal((await keys.jwks()).keys.length, 4)
})

t.test('a secret that could not be read is asked for again', async t => {
  const storage = memory()
  let failing = true
  const keys = ring({
    ...storage,
    keys: {
      ...storage.keys,
      async secret(name, candidate) {
        if (failing) throw new Error('The database is away.')
        return storage.keys.secret(name, candidate)
      },
    },
  })
  await t.rejects(keys.secret('pairwise'), { message: 'The database is away.' })
  failing = false
  t.equal((await keys.secret('pairwise')).length, 32)
})

t.test('only what a published key of ours signed is ours', async t => {
  const keys = ring(memory())
  const stranger = ring(memory())
  const token = await keys.sign('ES256', {}, { ...claims, exp: 1 })
  t.match(await keys.verifyOwn(token), claims, 'though it has expired')
  const [header, payload, signature] = token.split('.') as [string, string, string]
  const other = Buffer.from(JSON.stringify({ sub: '1' })).toString('base64url')
  const none = Buffer.from(JSON.stringify({ alg: 'none', kid: (await kids(keys))[0] })).toString('base64url')
  const { keys: published } = await keys.jwks()
  const confused = published.map(({ kid }) =>
    Buffer.from(JSON.stringify({ alg: 'HS256', kid })).toString('base64url'),
  )
  for (const bad of [
    await stranger.sign('ES256', {}, claims),
    `${header}.${other}.${signature}`,
    `${header}.${payload}.`,
    `${none}.${payload}.`,
    ...confused.map(forged => `${forged}.${payload}.${signature}`),
    'a.b.c',
    '',
    '..',
  ])
    t.equal(await keys.verifyOwn(bad), undefined, bad.slice(0, 60))
})

t.test(
  'rotation: a key is published before it signs and after it signed, so a verifier that keeps the set is never wrong',
  async t => {
    const options: Partial<KitOptions> = {
      keys: { rotateAfterSeconds: 30 * DAY, publishAheadSeconds: DAY },
      lifetimes: { sessionSeconds: 2 * DAY, accessTokenSeconds: 3600, idTokenSeconds: 3600 },
      oauth: { resources: { 'https://api.example.com': { name: 'API', accessTokenSeconds: 3 * DAY } } },
    }
    const storage = memory()
    const keys = ring(storage, options)
    const elsewhere = ring(storage, options)
    const at = (seconds: number) => {
      keys.at(seconds)
      elsewhere.at(seconds)
    }
    const [first] = (await keys.jwks()).keys.filter(({ alg }) => alg === 'ES256') as [JsonWebKey]
    const kidOf = async () => decodeProtectedHeader(await keys.sign('ES256', {}, claims)).kid

    at(29 * DAY - 61)
    await keys.jwks()
    await pause(50)
    t.equal((await kids(keys)).length, 4, 'nothing yet')
    const early = { token: await keys.sign('ES256', {}, claims), set: await keys.jwks() }

    at(29 * DAY)
    // Two processes see at once that it is time.
    await Promise.all([keys.jwks(), elsewhere.jwks()])
    await until(async () => (await kids(keys)).length === 8 && (await kids(elsewhere)).length === 8)
    t.strictSame((await kids(elsewhere)).sort(), (await kids(keys)).sort(), 'one successor for each')
    t.equal(await kidOf(), first.kid, 'it does not sign yet')
    t.ok(
      keys.log.concat(elsewhere.log).some(({ message }) => message === 'The next signing key is published.'),
    )
    const kept = await keys.jwks()

    at(30 * DAY - 1)
    t.equal(await kidOf(), first.kid)
    const last = await keys.sign('ES256', {}, claims)
    at(30 * DAY)
    const next = await kidOf()
    t.not(next, first.kid, 'now it signs')
    const fresh = await keys.sign('ES256', {}, claims)
    t.ok(await verifies(kept, fresh), 'the set that was fetched a day ago knows the key')
    t.ok(await verifies(await keys.jwks(), last))
    t.ok(await verifies(await elsewhere.jwks(), early.token))
    t.match(await keys.verifyOwn(last), claims)

    // The longest that anything is good: three days, with a minute for the processes and one for the clocks.
    at(33 * DAY + 119)
    t.ok((await kids(keys)).includes(first.kid as string), 'still published')
    at(33 * DAY + 120)
    t.notOk((await kids(keys)).includes(first.kid as string), 'retired at that very moment')
    t.equal(await keys.verifyOwn(last), undefined)
    t.equal((await kids(keys)).length, 4)

    at(59 * DAY + 61)
    await keys.jwks()
    await until(async () => (await kids(keys)).length === 8)
    t.ok((await kids(keys)).includes(next as string), 'and so on')
  },
)

t.test(
  'a key that nobody was there to follow signs on until its successor was published for long enough',
  async t => {
    const storage = memory()
    const options = { keys: { rotateAfterSeconds: 30 * DAY, publishAheadSeconds: DAY } }
    const first = await kids(ring(storage, options))
    const keys = ring(storage, options)
    keys.at(100 * DAY)
    await keys.jwks()
    await until(async () => (await kids(keys)).length === 8)
    const kidAt = async (seconds: number) => {
      keys.at(seconds)
      return decodeProtectedHeader(await keys.sign('EdDSA', {}, claims)).kid as string
    }
    t.ok(first.includes(await kidAt(101 * DAY - 1)))
    t.notOk(first.includes(await kidAt(101 * DAY)))
  },
)

t.test('keys that are not to rotate do not', async t => {
  const keys = ring(memory(), { keys: { rotateAfterSeconds: 0 } })
  const before = await kids(keys)
  keys.at(4000 * DAY)
  await keys.jwks()
  await pause(50)
  t.strictSame(await kids(keys), before)
})

t.test('other processes hear of a rotation at once, and it is audited', async t => {
  const storage = memory()
  const audited: AuditEntry[] = []
  const { succeed } = storage.keys
  storage.keys.succeed = (kid, retiredAt, successor, audit) => {
    audited.push(audit)
    return succeed(kid, retiredAt, successor, audit)
  }
  const rotates = ring(storage)
  const hears = ring(storage, { keys: { rotateAfterSeconds: 0 } })
  const before = await kids(rotates)
  for (const process of [rotates, hears]) process.at(90 * DAY)
  t.strictSame(await kids(hears), before)
  await rotates.jwks()
  await until(async () => (await kids(hears)).length === 8)
  const made = (await kids(hears)).filter(kid => !before.includes(kid))
  t.strictSame(audited.map(({ target }) => target).sort(), made.sort())
  for (const entry of audited) {
    t.match(entry, { actor: 'xwms', action: 'signing_key.rotated', after: { previous: { kid: String } } })
    t.ok(before.includes((entry.before as { kid: string }).kid), 'and says which key it follows')
  }
  t.notMatch(JSON.stringify(audited), /"d":|jwe|privateJwk/)
  hears.close()
})

t.test('a rotation that fails is logged and tried again', async t => {
  const storage = memory()
  let failing = true
  const keys = ring({
    ...storage,
    keys: {
      ...storage.keys,
      async succeed(...args) {
        if (failing) throw new Error('The database is away.')
        return storage.keys.succeed(...args)
      },
    },
  })
  await keys.jwks()
  keys.at(90 * DAY)
  t.equal((await keys.jwks()).keys.length, 4)
  await until(async () => keys.log.some(({ level }) => level === 'error'))
  t.ok(await keys.sign('ES256', {}, claims), 'signing goes on')
  failing = false
  keys.at(90 * DAY + 61)
  await keys.jwks()
  await until(async () => (await kids(keys)).length === 8)
})

t.test('encryption at rest', async t => {
  const [former, latter] = ['former '.repeat(6), 'latter '.repeat(6)]
  const sealedWith = (...encryptionSecrets: string[]) => ({ keys: { encryptionSecrets } })
  const stored = async (storage: Storage) => JSON.stringify(await storage.keys.list(NOW))

  await t.test('a private key and a shared secret are stored sealed and nothing else', async t => {
    const storage = memory()
    const keys = ring(storage, sealedWith(former))
    await keys.sign('RS256', {}, claims)
    const secret = Buffer.from(await keys.secret('pairwise')).toString('base64url')
    for (const { privateJwk } of await storage.keys.list(NOW)) {
      t.strictSame(Object.keys(privateJwk), ['jwe'])
      t.match(decodeProtectedHeader(`${privateJwk.jwe}`), { alg: 'dir', enc: 'A256GCM' })
    }
    t.notMatch(await stored(storage), /"d":/)
    const atRest = await storage.keys.secret('pairwise', 'another')
    t.equal(atRest.split('.').length, 5)
    t.notMatch(atRest, secret)
    const restarted = ring(storage, sealedWith(former))
    t.ok(await verifies(await keys.jwks(), await restarted.sign('RS256', {}, claims)))
    t.equal(Buffer.from(await restarted.secret('pairwise')).toString('base64url'), secret)
  })

  await t.test('what was stored plain is sealed once there is a secret', async t => {
    const storage = memory()
    const plain = ring(storage)
    const token = await plain.sign('ES256', {}, claims)
    const secret = await plain.secret('pairwise')
    t.match(await stored(storage), /"d":/)
    const keys = ring(storage, sealedWith(former))
    t.match(await keys.verifyOwn(token), claims)
    t.notMatch(await stored(storage), /"d":/)
    t.strictSame(Buffer.from(await keys.secret('pairwise')), Buffer.from(secret))
    t.equal((await storage.keys.secret('pairwise', 'another')).split('.').length, 5)
  })

  await t.test('a new secret in front seals anew, and then the old one is needed no more', async t => {
    const storage = memory()
    const old = ring(storage, sealedWith(former))
    const secret = await old.secret('pairwise')
    const set = await old.jwks()
    const both = ring(storage, sealedWith(latter, former))
    await both.jwks()
    await both.secret('pairwise')
    const only = ring(storage, sealedWith(latter))
    t.ok(await verifies(set, await only.sign('PS256', {}, claims)))
    t.strictSame(Buffer.from(await only.secret('pairwise')), Buffer.from(secret))
    old.at(61)
    t.ok(await old.sign('PS256', {}, claims), 'a process that has yet to hear of the new secret goes on')
    t.strictSame(old.log, [])
  })

  await t.test('without the secret nothing starts, and the error names the remedy', async t => {
    const storage = memory()
    const sealed = ring(storage, sealedWith(former))
    await sealed.jwks()
    await sealed.secret('pairwise')
    for (const options of [{}, sealedWith(latter)]) {
      const keys = ring(storage, options)
      const remedy = {
        code: 'storage_unavailable',
        message: /is sealed, .* back into the option keys\.encryptionSecrets.* xwms keys rotate --now/,
      }
      await t.rejects(keys.ready(), remedy)
      await t.rejects(keys.sign('ES256', {}, claims), remedy)
      await t.rejects(keys.secret('pairwise'), { message: /shared secret pairwise is sealed/ })
      t.equal((await keys.jwks()).keys.length, 4, 'what is signed already can still be verified')
      t.ok(keys.log.every(({ level }) => level === 'error') && keys.log.length >= 4)
    }
    await ring(storage, sealedWith(latter, former)).ready()
  })

  await t.test('what was sealed as one key does not open as another, nor when it was changed', async t => {
    const storage = memory()
    await ring(storage, sealedWith(former)).jwks()
    const [one, other] = (await storage.keys.list(NOW)) as [SigningKey, SigningKey]
    const jwe = `${one.privateJwk.jwe}`
    await storage.keys.reseal(one.kid, one.privateJwk, other.privateJwk)
    await t.rejects(ring(storage, sealedWith(former)).ready(), { message: new RegExp(one.kid) })
    const parts = jwe.split('.')
    parts[3] = `${parts[3]?.startsWith('A') ? 'B' : 'A'}${parts[3]?.slice(1)}`
    await storage.keys.reseal(one.kid, other.privateJwk, { jwe: parts.join('.') })
    await t.rejects(ring(storage, sealedWith(former)).ready(), { message: new RegExp(one.kid) })
    await storage.keys.reseal(one.kid, { jwe: parts.join('.') }, { jwe })
    await ring(storage, sealedWith(former)).ready()
  })
})

t.test('keys that the host holds', async t => {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const hold = (kid: string, by: HostSigningKey['sign']): HostSigningKey => ({
    kid,
    alg: 'ES256',
    publicJwk: pair.publicKey.export({ format: 'jwk' }) as unknown as JsonWebKey,
    sign: by,
  })
  const signWith =
    (key: KeyObject, dsaEncoding: 'ieee-p1363' | 'der'): HostSigningKey['sign'] =>
    async data =>
      sign('sha256', data, { key, dsaEncoding })

  await t.test('are published and sign for their algorithm; the kit makes none of its own', async t => {
    const storage = memory()
    const good = signWith(pair.privateKey, 'ieee-p1363')
    const never = async () => {
      throw new Error('The former key was asked to sign.')
    }
    const keys = ring(storage, { keys: { hosted: [hold('kms-1', never), hold('kms-2', good)] } })
    const set = await keys.jwks()
    t.strictSame(
      set.keys.filter(({ alg }) => alg === 'ES256').map(({ kid, use }) => [kid, use]),
      [
        ['kms-1', 'sig'],
        ['kms-2', 'sig'],
      ],
    )
    const token = await keys.sign('ES256', {}, claims)
    t.equal(decodeProtectedHeader(token).kid, 'kms-2', 'the last one signs')
    t.ok(await verifies(set, token))
    t.match(await keys.verifyOwn(token), claims)
    t.strictSame((await storage.keys.list(NOW)).map(({ alg }) => alg).sort(), ['EdDSA', 'PS256', 'RS256'])
    t.ok(await keys.sign('RS256', {}, claims))
  })

  await t.test('the kit’s former key of the algorithm stays published, for what it signed', async t => {
    const storage = memory()
    const before = await ring(storage).sign('ES256', {}, claims)
    const keys = ring(storage, { keys: { hosted: [hold('kms', signWith(pair.privateKey, 'ieee-p1363'))] } })
    t.match(await keys.verifyOwn(before), claims)
    t.equal(decodeProtectedHeader(await keys.sign('ES256', {}, claims)).kid, 'kms')
  })

  await t.test(
    'one that fails makes the service unavailable for the moment, and the log says why',
    async t => {
      const failing = async () => {
        throw new Error('AccessDenied: kms:Sign')
      }
      for (const [by, reason] of [
        [failing, /AccessDenied/],
        [signWith(pair.privateKey, 'der'), /bytes in place of 64.*R and S side by side/],
      ] as const) {
        const keys = ring(memory(), { keys: { hosted: [hold('kms', by)] } })
        await t.rejects(keys.sign('ES256', {}, claims), {
          status: 503,
          code: 'temporarily_unavailable',
          headers: { 'retry-after': /\d+/ },
        })
        const [line] = keys.log
        t.match(line, { level: 'error', fields: { kid: 'kms', alg: 'ES256', error: { message: reason } } })
        t.ok(await keys.sign('EdDSA', {}, claims), 'the others go on')
      }
    },
  )
})
