import { type Suite, tally } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const { later } = fixtures

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
      t.equal(await storage.clients.update(changed, fixtures.audit()), true)
      const { workspaceId, createdAt } = client
      t.strictSame(await elsewhere.clients.find(client.id), { ...changed, workspaceId, createdAt })
    })

    await t.test('a client that is not there cannot be updated', async t => {
      const workspace = await fixtures.storedWorkspace(storage)
      const entry = fixtures.audit({ workspaceId: workspace.id, action: 'client.updated' })
      t.equal(await storage.clients.update(fixtures.client(workspace), entry), false)
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
  },
}
