import t from 'tap'
import type { KitOptions } from '../../../src/config/options.ts'
import { HttpError } from '../../../src/errors.ts'
import { sha256 } from '../../../src/lib/hash.ts'
import { newSecret } from '../../../src/lib/secret-format.ts'
import { updateClient } from '../../../src/manage/clients.ts'
import { createSecret, revokeSecret } from '../../../src/manage/secrets.ts'
import type { ClientProfile } from '../../../src/model/client.ts'
import type { ClientMetadata } from '../../../src/model/client-metadata.ts'
import { authenticateClient } from '../../../src/oauth/client-authentication/index.ts'
import { AUDIT, callWith } from '../../context/surroundings.ts'
import { type Gate, gate } from '../../header-auth/gate.ts'

/** Credentials as a client sends them: in the Authorization header, in the form, or in both. */
interface Sent {
  readonly authorization?: string
  readonly form?: Readonly<Record<string, string>>
}

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

function authenticate({ context }: Gate, { authorization, form = {} }: Sent) {
  return authenticateClient(context, callWith({ request: { headers: { authorization } } }), form)
}

async function outcome(entrance: Gate, sent: Sent) {
  try {
    return { client: (await authenticate(entrance, sent)).client.id }
  } catch (error) {
    if (!(error instanceof HttpError)) throw error
    const { status, code, message, headers } = error
    return { status, code, message, challenge: headers['www-authenticate'] }
  }
}

/** Sets what a client says of itself, as the management would. */
async function register(
  { storage }: Gate,
  id: string,
  metadata: ClientMetadata,
  profile: ClientProfile = 'oauth2.1',
) {
  const client = await storage.clients.find(id)
  if (client) await storage.clients.update(client, { ...client, metadata, profile }, AUDIT)
}

/** A gate with a confidential and a public client. */
async function entrance(options?: Partial<KitOptions>) {
  const opened = gate(t, options)
  const shop = await opened.client()
  const app = await opened.client({ type: 'public', grantTypes: ['authorization_code'] })
  return { opened, shop, app, id: shop.client.id, secret: shop.value }
}

t.test('a client authenticates by the header or by the form, and a public one by its id', async t => {
  const { opened, shop, app, id, secret } = await entrance()
  const table: [name: string, sent: Sent, client: string][] = [
    ['basic', { authorization: basic(`${id}:${secret}`) }, id],
    ['basic in another case', { authorization: basic(`${id}:${secret}`).replace('Basic', 'bAsIc') }, id],
    [
      'basic with its id in the form too',
      { authorization: basic(`${id}:${secret}`), form: { client_id: id } },
      id,
    ],
    [
      'basic, form-encoded',
      { authorization: basic(`${id.replace('_', '%5F')}:${secret.replace('x', '%78')}`) },
      id,
    ],
    ['post', { form: { client_id: id, client_secret: secret } }, id],
    ['none', { form: { client_id: app.client.id } }, app.client.id],
  ]
  for (const [name, sent, client] of table) t.strictSame(await outcome(opened, sent), { client }, name)
  t.equal(shop.client.type, 'confidential')
})

t.test('id and secret are form-decoded, as RFC 6749 section 2.3.1 encodes them', async t => {
  const { opened, id } = await entrance()
  // A secret that was made elsewhere may hold whatever URL encoding touches.
  const odd = 'a b+c%d:e&f=ü'
  const { secret } = await createSecret(opened.environment, { clientId: id })
  opened.replace('clients.facts', (real, clientId, hash, domain) =>
    real(clientId, hash === sha256(odd) ? secret.hash : hash, domain),
  )
  const encoded = new URLSearchParams({ odd }).toString().slice('odd='.length)
  t.strictSame(await outcome(opened, { authorization: basic(`${id}:${encoded}`) }), { client: id })
  t.match(await outcome(opened, { authorization: basic(`${id}:${odd}`) }), { code: 'invalid_client' })
})

t.test(
  'whoever cannot be authenticated gets one answer, and the scheme where the header was used',
  async t => {
    const { opened, shop, app, id, secret } = await entrance()
    const other = await opened.client()
    const revoked = await createSecret(opened.environment, { clientId: id })
    await revokeSecret(opened.environment, { clientId: id, secretId: revoked.secret.id })
    const expired = await createSecret(opened.environment, { clientId: id, expiresInSeconds: 60 })
    opened.pass(60)
    const wrong = newSecret()
    const table: [name: string, sent: Sent][] = [
      ['nothing', {}],
      ['a secret without an id', { form: { client_secret: secret } }],
      ['an unknown client', { form: { client_id: 'cl_unknown', client_secret: secret } }],
      ['an unknown client without a secret', { form: { client_id: 'cl_unknown' } }],
      ['a wrong secret', { form: { client_id: id, client_secret: wrong } }],
      ['no secret', { form: { client_id: id } }],
      ['another client’s secret', { form: { client_id: id, client_secret: other.value } }],
      ['the secret’s hash', { form: { client_id: id, client_secret: shop.secret.hash } }],
      ['a revoked secret', { form: { client_id: id, client_secret: revoked.value } }],
      ['an expired secret', { form: { client_id: id, client_secret: expired.value } }],
      ['a public client with a secret', { form: { client_id: app.client.id, client_secret: wrong } }],
      ['a wrong secret, basic', { authorization: basic(`${id}:${wrong}`) }],
      ['an unknown client, basic', { authorization: basic(`cl_unknown:${secret}`) }],
      ['an empty secret, basic', { authorization: basic(`${id}:`) }],
      ['a public client, basic', { authorization: basic(`${app.client.id}:`) }],
      ['no colon', { authorization: basic(id) }],
      ['no id', { authorization: basic(`:${secret}`) }],
      ['a stray percent sign', { authorization: basic(`${id}:%zz`) }],
      ['no base64', { authorization: `Basic ${id}:${secret}` }],
      ['another scheme', { authorization: `Bearer ${secret}` }],
      ['an empty header', { authorization: '' }],
      [
        'a header with the secret of one and the form with the id of another',
        {
          authorization: basic(`${id}:${secret}`),
          form: { client_id: other.client.id },
        },
      ],
      [
        'a good form behind a bad header',
        {
          authorization: 'Digest x',
          form: { client_id: id, client_secret: secret },
        },
      ],
    ]
    for (const [name, sent] of table) {
      t.strictSame(
        await outcome(opened, sent),
        {
          status: 401,
          code: 'invalid_client',
          message:
            'The client could not be authenticated. Check its id, and its secret, assertion or certificate.',
          challenge: sent.authorization === undefined ? undefined : 'Basic realm="XWMS", charset="UTF-8"',
        },
        name,
      )
    }
  },
)

t.test('an unknown client and a wrong secret take the same way to the storage', async t => {
  const { opened, id } = await entrance()
  const ways: string[][] = []
  for (const client_id of [id, 'cl_unknown']) {
    opened.calls.length = 0
    await outcome(opened, { form: { client_id, client_secret: newSecret() } })
    ways.push([...opened.calls])
  }
  t.strictSame(ways[0], ways[1])
})

t.test('a client that authenticates twice is told so', async t => {
  const { opened, id, secret } = await entrance()
  const twice = { authorization: basic(`${id}:${secret}`), form: { client_secret: secret } }
  t.match(await outcome(opened, twice), { status: 400, code: 'invalid_request' })
})

t.test(
  'a client that is disabled, or whose plan is not active, is told so once it has proven itself',
  async t => {
    const { opened, shop, id, secret } = await entrance()
    const good = { form: { client_id: id, client_secret: secret } }
    const guess = { form: { client_id: id, client_secret: newSecret() } }
    const refused = { status: 400, code: 'unauthorized_client' }

    await updateClient(opened.environment, id, { enabled: false })
    t.match(await outcome(opened, good), refused)
    t.match(await outcome(opened, guess), { code: 'invalid_client' })
    await updateClient(opened.environment, id, { enabled: true })
    t.strictSame(await outcome(opened, good), { client: id })

    const workspace = await opened.storage.workspaces.find(shop.client.workspaceId)
    if (workspace)
      await opened.storage.workspaces.update(workspace, { ...workspace, planStatus: 'inactive' }, AUDIT)
    t.match(await outcome(opened, good), refused)
    t.match(await outcome(opened, guess), { code: 'invalid_client' })
  },
)

t.test('the secret that was used is noted', async t => {
  const { opened, id, secret } = await entrance()
  await outcome(opened, { form: { client_id: id, client_secret: newSecret() } })
  await opened.context.meter.flush()
  t.equal((await opened.storage.clients.secrets(id))[0]?.lastUsedAt, undefined)
  await authenticate(opened, { form: { client_id: id, client_secret: secret } })
  await opened.context.meter.flush()
  t.strictSame((await opened.storage.clients.secrets(id))[0]?.lastUsedAt, opened.now())
})

t.test(
  'a secret that was proven before needs no storage, until something about the client changes',
  async t => {
    const { opened, id, secret } = await entrance()
    const good = { authorization: basic(`${id}:${secret}`) }
    t.strictSame(await outcome(opened, good), { client: id })
    opened.calls.length = 0
    for (let time = 0; time < 3; time++) t.strictSame(await outcome(opened, good), { client: id })
    t.strictSame(
      opened.calls.filter(call => call !== 'changes.isListening'),
      [],
    )
    t.match(await outcome(opened, { authorization: basic(`${id}:${newSecret()}`) }), {
      code: 'invalid_client',
    })

    await updateClient(opened.environment, id, { enabled: false })
    t.match(await outcome(opened, good), { code: 'unauthorized_client' })
    await updateClient(opened.environment, id, { enabled: true })
    const spare = await createSecret(opened.environment, { clientId: id, expiresInSeconds: 20 })
    const expiring = { authorization: basic(`${id}:${spare.value}`) }
    t.strictSame(await outcome(opened, expiring), { client: id })
    opened.pass(20)
    t.match(await outcome(opened, expiring), { code: 'invalid_client' }, 'a secret that expired meanwhile')
  },
)

t.test('a secret that is revoked after it was proven is refused at once', async t => {
  const { opened, shop, id, secret } = await entrance()
  await createSecret(opened.environment, { clientId: id })
  const good = { authorization: basic(`${id}:${secret}`) }
  t.strictSame(await outcome(opened, good), { client: id })
  await revokeSecret(opened.environment, { clientId: id, secretId: shop.secret.id })
  t.match(await outcome(opened, good), { code: 'invalid_client' })
})

t.test('a secret proven here opens no guarded route without a domain', async t => {
  const { opened, id, secret } = await entrance()
  t.strictSame(await outcome(opened, { authorization: basic(`${id}:${secret}`) }), { client: id })
  const verdict = await opened.verdict({
    'x-client-id': id,
    'x-client-secret': secret,
    'x-client-domain': '',
  })
  t.not(verdict, 'admitted')
})

t.test('the method that a client registered is the only one', async t => {
  const { opened, id, secret } = await entrance()
  const ways: Readonly<Record<string, Sent>> = {
    client_secret_basic: { authorization: basic(`${id}:${secret}`) },
    client_secret_post: { form: { client_id: id, client_secret: secret } },
  }
  for (const registered of ['client_secret_basic', 'client_secret_post'] as const) {
    await register(opened, id, { token_endpoint_auth_method: registered })
    for (const [way, sent] of Object.entries(ways)) {
      const expected = way === registered ? { client: id } : { status: 401, code: 'invalid_client' }
      t.match(await outcome(opened, sent), expected, `${way} where ${registered} is registered`)
    }
  }
  for (const registered of [
    'private_key_jwt',
    'tls_client_auth',
    'self_signed_tls_client_auth',
    'none',
  ] as const) {
    await register(opened, id, { token_endpoint_auth_method: registered })
    for (const sent of [...Object.values(ways), { form: { client_id: id } }])
      t.match(await outcome(opened, sent), { status: 401, code: 'invalid_client' }, registered)
  }
})

t.test('a profile allows what it names and no more', async t => {
  const { opened, app, id, secret } = await entrance()
  await register(opened, id, {}, 'fapi2')
  await register(opened, app.client.id, {}, 'fapi2')
  const proofs: Sent[] = [
    { authorization: basic(`${id}:${secret}`) },
    { form: { client_id: id, client_secret: secret } },
    { form: { client_id: app.client.id } },
  ]
  for (const sent of proofs) t.match(await outcome(opened, sent), { status: 401, code: 'invalid_client' })
})
