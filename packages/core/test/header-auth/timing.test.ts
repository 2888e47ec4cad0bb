import t from 'tap'
import { sha256 } from '../../src/lib/hash.ts'
import { newSecret } from '../../src/lib/secret-format.ts'
import { gate } from './gate.ts'

const ROUNDS = 600
const WARM_UP = 100

/** A process that pauses (a busy machine, the garbage collector) lengthens single calls; the median does not care. */
function median(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] as number
}

// That all failures make the same calls to the storage is shown in guard.test.ts, exactly. Here is measured what the
// guard itself does: facts come from the test, in the same time for everybody.
t.test('before the secret is proven, no kind of failure takes longer than another', async t => {
  // So high that nobody is blocked: that failures are counted is part of what is measured.
  const many = 1_000_000
  const { client, come, replace, storage } = gate(t, {
    protection: { secretFailures: many, clientsTried: many, addressSecretFailures: many },
  })
  const shop = await client()
  const proof = sha256(shop.value)
  const facts = await storage.clients.facts(shop.client.id, proof, 'shop.example.com')
  replace('clients.facts', async (_real, clientId, hash) =>
    clientId === shop.client.id && hash === proof ? facts : undefined,
  )
  await come(shop.headers)

  const kinds = {
    'an unknown client': () => ({ ...shop.headers, 'x-client-id': `cl_${newSecret().slice(8, 28)}` }),
    'a wrong secret': () => ({ ...shop.headers, 'x-client-secret': newSecret() }),
    'a secret that is wrong at its end': () => ({
      ...shop.headers,
      'x-client-secret': `${shop.value.slice(0, -1)}!`,
    }),
  }
  const times: Record<string, number[]> = Object.fromEntries(Object.keys(kinds).map(kind => [kind, []]))
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    for (const [kind, headersOf] of Object.entries(kinds)) {
      const headers = headersOf()
      const start = process.hrtime.bigint()
      const outcome = await come(headers)
      const nanoseconds = Number(process.hrtime.bigint() - start)
      if (outcome.admitted) throw new Error('Somebody was admitted.')
      if (round >= WARM_UP) times[kind]?.push(nanoseconds)
    }
  }

  const medians = Object.entries(times).map(([kind, measured]) => [kind, median(measured)] as const)
  const fastest = Math.min(...medians.map(([, time]) => time))
  // A password hash, a further query or a lookup left out would be a factor of ten and more.
  for (const [kind, time] of medians)
    t.ok(time < 2 * fastest, `${kind}: ${Math.round(time)} ns, the fastest ${Math.round(fastest)} ns`)
})
