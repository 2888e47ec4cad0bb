import t from 'tap'
import { INITIAL_TOKEN, METADATA, REGISTER, registrar } from './registrar.ts'

/** A generator whose numbers are the same in every run. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

const MEMBERS = [
  ...['redirect_uris', 'grant_types', 'response_types', 'client_name', 'client_uri', 'logo_uri', 'scope'],
  ...['token_endpoint_auth_method', 'jwks', 'jwks_uri', 'contacts', 'software_id', 'application_type'],
  ...['subject_type', 'sector_identifier_uri', 'id_token_signed_response_alg', 'default_max_age'],
  ...['request_uris', 'initiate_login_uri', 'post_logout_redirect_uris', 'backchannel_logout_uri'],
  ...['require_auth_time', 'tls_client_auth_subject_dn', 'authorization_details_types', '__proto__'],
  ...['constructor', 'client_id', 'client_secret', 'software_statement'],
]
const VALUES: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 1e308, '', ' ', '\0', '\ud800', '\u202e', 'none', 'x'.repeat(5000)],
  ...[[], {}, [[]], [null], [{}], ['\0'], { keys: null }, { keys: [{}] }, { keys: [null] }],
  ...['https://a.example/', 'https://a.example/#', 'http://[::1', 'javascript:alert(1)', '//', 'a:b', '%00'],
  ...[['https://a.example/'], ['com.example.app:/'], ['code'], ['implicit'], 'private_key_jwt', 'pairwise'],
  ...[['client_credentials'], 'tls_client_auth', { keys: [{ kty: 'EC', crv: '\0', x: 'AA', y: 'AA' }] }],
  ...[Array.from({ length: 101 }, (_, number) => `https://a.example/${number}`), 'RS256', 'openid email'],
]

t.test('no registration, however strange, is an error of ours', async t => {
  const { ask, register, configure, log, pass } = await registrar({ maxClients: 100_000 })
  const random = seeded(4711)
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T
  const { json: registered } = await register()
  const statuses = new Map<number, number>()
  for (let round = 0; round < 3000; round++) {
    const metadata: Record<string, unknown> = { ...METADATA }
    for (let count = 1 + Math.floor(random() * 3); count > 0; count--) {
      Object.defineProperty(metadata, pick(MEMBERS), {
        value: pick(VALUES),
        enumerable: true,
        configurable: true,
      })
    }
    if (round % 50 === 0) pass(60)
    const { status } =
      round % 3 === 0
        ? await configure('PUT', registered, { client_id: registered.client_id, ...metadata })
        : await register(metadata, {
            headers: { authorization: `Bearer ${INITIAL_TOKEN}` },
            ip: `192.0.2.${round % 250}`,
          })
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    if (status >= 500) t.fail(`${status} for ${JSON.stringify(metadata)}`)
  }
  t.ok((statuses.get(201) ?? 0) > 100 && (statuses.get(400) ?? 0) > 100, JSON.stringify([...statuses]))
  t.notOk(log.some(({ level }) => level === 'error'))
  t.equal((await ask('GET', REGISTER)).status, 401)
})
