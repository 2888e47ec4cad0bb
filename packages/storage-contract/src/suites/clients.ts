import { type Suite, tally } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const { now, later } = fixtures

export const clients: Suite = {
  name: 'clients',
  async run(t, { storage, elsewhere, race }) {
    await t.test('a client comes back as it went in', async t => {
      const workspace = await fixtures.storedWorkspace(storage)
      const client = fixtures.client(workspace, {
        type: 'public',
        uri: undefined,
        tosUri: 'https://x.example/§',
      })
      const entry = fixtures.audit({ workspaceId: workspace.id, at: later(1), target: client.id })
      t.strictSame(await storage.clients.create(client, undefined, entry), { outcome: 'created' })
      t.strictSame(await elsewhere.clients.find(client.id), client)
      t.strictSame((await elsewhere.audit.list(workspace.id, 1))[0], entry)
      t.equal(await storage.clients.find('unknown'), undefined)
    })

    await t.test('of many ids those that are clients are told with their workspaces', async t => {
      const [one, other] = [await fixtures.storedClient(storage), await fixtures.storedClient(storage)]
      t.strictSame(
        await elsewhere.clients.workspaces([one.id, 'unknown', other.id]),
        new Map([
          [one.id, one.workspaceId],
          [other.id, other.workspaceId],
        ]),
      )
      t.strictSame(await elsewhere.clients.workspaces([]), new Map())
    })

    await t.test("a list is one workspace's, oldest first", async t => {
      const workspace = await fixtures.storedWorkspace(storage)
      const younger = fixtures.client(workspace, { createdAt: later(1) })
      const older = fixtures.client(workspace)
      for (const client of [younger, older]) await storage.clients.create(client, undefined, fixtures.audit())
      await fixtures.storedClient(storage)
      t.strictSame(await elsewhere.clients.list(workspace.id), [older, younger])
      t.strictSame(await storage.clients.list('unknown'), [])
    })

    await t.test('an update replaces everything but workspace and time of creation', async t => {
      const client = await fixtures.storedClient(storage)
      const changed = fixtures.client(await fixtures.storedWorkspace(storage), {
        id: client.id,
        name: '改名',
        enabled: false,
        scopes: [],
        redirectUris: [],
        metadata: {},
        createdAt: later(9),
        updatedAt: later(9),
      })
      t.strictSame(await storage.clients.update(client, changed, fixtures.audit()), { outcome: 'updated' })
      const { workspaceId, createdAt } = client
      t.strictSame(await elsewhere.clients.find(client.id), { ...changed, workspaceId, createdAt })
    })

    await t.test('a client that is not there cannot be updated', async t => {
      const workspace = await fixtures.storedWorkspace(storage)
      const entry = fixtures.audit({ workspaceId: workspace.id, action: 'client.updated' })
      const unknown = fixtures.client(workspace)
      t.strictSame(await storage.clients.update(unknown, unknown, entry), { outcome: 'not_found' })
      t.equal(
        (await storage.audit.list(workspace.id, 10)).some(({ action }) => action === 'client.updated'),
        false,
      )
    })

    await t.test("a workspace's limit holds, however many try at once", async t => {
      const workspace = await fixtures.storedWorkspace(storage)
      const results = await race(20, storage =>
        storage.clients.create(fixtures.client(workspace), 3, fixtures.audit()),
      )
      t.strictSame(tally(results), { created: 3, limit_reached: 17 })
      t.equal((await storage.clients.list(workspace.id)).length, 3)
    })

    await t.test("another workspace's clients do not count", async t => {
      await fixtures.storedClient(storage)
      const workspace = await fixtures.storedWorkspace(storage)
      const create = () => storage.clients.create(fixtures.client(workspace), 1, fixtures.audit())
      t.strictSame(await create(), { outcome: 'created' })
      t.strictSame(await create(), { outcome: 'limit_reached' })
    })

    await t.test(
      'facts hold the client, its workspace, the proven secret, the domain and its links',
      async t => {
        const client = await fixtures.storedClient(storage)
        const old = fixtures.secret(client, { revokedAt: later(1) })
        const young = fixtures.secret(client, { createdAt: later(2), expiresAt: later(3) })
        const domain = fixtures.domain(client, {
          host: 'xn--bcher-kva.example',
          fallbackUri: 'https://x.example/',
        })
        const other = fixtures.domain(client)
        for (const secret of [old, young])
          await storage.clients.addSecret(secret, undefined, fixtures.audit())
        for (const each of [domain, other]) await storage.clients.addDomain(each, undefined, fixtures.audit())
        await storage.clients.linkSecret(client.id, young.id, domain.id, fixtures.audit())

        const facts = await elsewhere.clients.facts(client.id, young.hash, domain.host)
        t.strictSame(facts, {
          client,
          workspace: await storage.workspaces.find(client.workspaceId),
          secret: young,
          domain,
          linkedSecretIds: [young.id],
        })
        t.strictSame(
          await elsewhere.clients.facts(client.id, young.hash, domain.id),
          facts,
          'by id as by host',
        )
        const revoked = await elsewhere.clients.facts(client.id, old.hash, domain.host)
        t.strictSame(revoked, { ...facts, secret: old }, 'a revoked secret is proven too')
        t.strictSame((await elsewhere.clients.facts(client.id, young.hash, other.host))?.linkedSecretIds, [])
      },
    )

    await t.test("facts name no domain that is not the client's", async t => {
      const client = await fixtures.storedClient(storage)
      const stranger = await fixtures.storedClient(storage)
      const domain = fixtures.domain(stranger)
      await storage.clients.addDomain(domain, undefined, fixtures.audit())
      const secret = fixtures.secret(client)
      await storage.clients.addSecret(secret, undefined, fixtures.audit())
      for (const asked of [undefined, domain.host, domain.id, 'unknown.example', 'dom_unknown', '']) {
        const facts = await storage.clients.facts(client.id, secret.hash, asked)
        t.strictSame(facts?.client, client)
        t.equal(facts?.domain, undefined)
        t.strictSame(facts?.secret, secret)
      }
      t.equal(await storage.clients.facts('unknown', secret.hash, domain.host), undefined)
      t.equal(
        await storage.clients.facts(stranger.id, secret.hash, domain.host),
        undefined,
        'a secret proves its own client',
      )
      t.equal(await storage.clients.facts(client.id, fixtures.secret(client).hash, undefined), undefined)
    })

    await t.test('a client is what its owner, a registration or a document made it', async t => {
      const workspace = await fixtures.storedWorkspace(storage)
      const address = `https://client.example/${'x'.repeat(2048 - 23)}`
      const client = fixtures.client(workspace, {
        id: address,
        profile: 'fapi2',
        source: 'document',
        rateLimit: { requests: 10, windowSeconds: 60, sliding: true },
        rateLimitSetBy: '4711',
        rateLimitSetAt: fixtures.now,
        operatorRateLimit: { requests: 20, windowSeconds: 60, sliding: true },
        operatorRateLimitSetBy: 'cli',
        operatorRateLimitSetAt: new Date(fixtures.now.getTime() - 1000),
        registrationTokenHash: fixtures.hash(),
        metadata: {
          token_endpoint_auth_method: 'private_key_jwt',
          jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }] },
          default_max_age: 0,
          require_auth_time: false,
        },
      })
      t.equal(address.length, 2048)
      t.strictSame(await storage.clients.create(client, undefined, fixtures.audit()), { outcome: 'created' })
      t.strictSame(await elsewhere.clients.find(address), client)
      const secret = fixtures.secret(client)
      await storage.clients.addSecret(secret, undefined, fixtures.audit())
      t.ok(await elsewhere.clients.facts(address, secret.hash, undefined))
      await storage.codes.create(fixtures.code(client))
      const changed = {
        ...client,
        profile: 'openid',
        source: 'managed',
        rateLimit: undefined,
        rateLimitSetBy: undefined,
        rateLimitSetAt: undefined,
        operatorRateLimit: undefined,
        operatorRateLimitSetBy: undefined,
        operatorRateLimitSetAt: undefined,
        registrationTokenHash: undefined,
      } as const
      t.strictSame(await storage.clients.update(client, changed, fixtures.audit()), { outcome: 'updated' })
      t.strictSame(await elsewhere.clients.find(address), { ...changed, source: 'document' })
    })

    await t.test('clients are counted by how they came to be', async t => {
      const workspace = await fixtures.storedWorkspace(storage)
      for (const source of ['managed', 'document', 'document'] as const)
        await storage.clients.create(fixtures.client(workspace, { source }), undefined, fixtures.audit())
      t.equal(await elsewhere.clients.count(workspace.id, 'managed'), 1)
      t.equal(await elsewhere.clients.count(workspace.id, 'document'), 2)
      t.equal(await elsewhere.clients.count(workspace.id, 'registration'), 0)
    })

    await t.test('a client goes with all that belongs to it, once', async t => {
      const client = await fixtures.storedClient(storage, {
        metadata: { backchannel_logout_uri: 'https://shop.example/logout' },
      })
      const audit = fixtures.audit
      const [secret, domain, session] = [
        fixtures.secret(client),
        fixtures.domain(client),
        fixtures.session({ expiresAt: later(86_400) }),
      ]
      await storage.clients.addSecret(secret, undefined, audit())
      await storage.clients.addDomain(domain, undefined, audit())
      await storage.clients.linkSecret(client.id, secret.id, domain.id, audit())
      const sub = fixtures.sub()
      await storage.clientUsers.approve(client.id, sub, fixtures.approval(), now)
      const [interaction, request, device] = [
        fixtures.interaction(client, { domainId: domain.id }),
        fixtures.pushedRequest(client),
        fixtures.deviceCode(client),
      ]
      await storage.interactions.create(interaction)
      await storage.pushedRequests.create(request)
      await storage.deviceCodes.create(device)
      const [grant, code] = [fixtures.grant(client), await fixtures.storedCode(storage, client)]
      const [accessToken, refreshToken] = [fixtures.accessToken(grant), fixtures.refreshToken(grant)]
      await storage.codes.consume(code.hash, now, { grant, accessToken, refreshToken })
      const gone = fixtures.session()
      for (const each of [session, gone]) {
        await storage.sessions.create(each)
        await storage.codes.create(fixtures.code(client, { sid: each.sid, sub: each.sub }))
      }
      await storage.sessions.logOut(gone.idHash, now)

      const entry = audit({ workspaceId: client.workspaceId, action: 'client.deleted' })
      const results = await race(5, storage =>
        storage.clients.delete(client.id, { ...entry, id: fixtures.hash() }),
      )
      t.strictSame(results.filter(Boolean), [true])
      const entries = await elsewhere.audit.list(client.workspaceId, 100)
      t.equal(entries.filter(({ action }) => action === 'client.deleted').length, 1)
      t.equal(await elsewhere.clients.find(client.id), undefined)
      t.strictSame(await elsewhere.clients.secrets(client.id), [])
      t.strictSame(await elsewhere.clients.domains(client.id), [])
      t.equal(await elsewhere.clients.facts(client.id, secret.hash, domain.id), undefined)
      t.equal(await elsewhere.clientUsers.find(client.id, sub), undefined)
      t.equal(await elsewhere.interactions.find(interaction.hash), undefined)
      t.equal(await elsewhere.pushedRequests.find(request.hash, now), undefined)
      t.equal(await elsewhere.deviceCodes.find(device.hash), undefined)
      t.equal(await elsewhere.codes.find(code.hash), undefined)
      t.equal(await elsewhere.tokens.findAccessToken(accessToken.hash, now), undefined)
      t.equal(await elsewhere.tokens.findRefreshToken(refreshToken.hash), undefined)
      t.strictSame(await elsewhere.logoutDeliveries.claim(now, later(60), 100), [])
      t.strictSame((await storage.sessions.logOut(session.idHash, now))?.clientIds, [])
    })

    await t.test('clients that made themselves and that nobody uses are removed, and no others', async t => {
      const workspace = await fixtures.storedWorkspace(storage)
      const create = async (given: Parameters<typeof fixtures.client>[1]) => {
        const client = fixtures.client(workspace, {
          source: 'registration',
          createdAt: later(-120),
          ...given,
        })
        await storage.clients.create(client, undefined, fixtures.audit())
        return client
      }
      const [approved, granted] = [await create({}), await create({ source: 'document' })]
      await storage.clientUsers.approve(approved.id, fixtures.sub(), fixtures.approval(), now)
      const grant = fixtures.grant(granted)
      const accessToken = fixtures.accessToken(grant)
      await storage.tokens.issue({ grant, accessToken, refreshToken: undefined })
      const kept = [
        approved,
        granted,
        await create({ source: 'managed' }),
        await create({ createdAt: later(-60) }),
      ]
      const unused = [await create({}), await create({ source: 'document', createdAt: later(-60.001) })]
      const removed = await race(5, storage => storage.clients.removeUnused(later(-60)))
      t.equal(
        removed.reduce((sum, count) => sum + count),
        2,
      )
      for (const { id } of kept) t.ok(await elsewhere.clients.find(id))
      for (const { id } of unused) t.equal(await elsewhere.clients.find(id), undefined)
      for (let index = 0; index < 101; index++) await create({})
      t.equal(await storage.clients.removeUnused(later(-60)), 100)
      t.equal(await storage.clients.removeUnused(later(-60)), 1)
      t.equal(await storage.clients.removeUnused(later(-60)), 0)
    })
  },
}
