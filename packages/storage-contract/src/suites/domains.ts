import { type Suite, tally } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const { later } = fixtures

export const domains: Suite = {
  name: 'domains and links',
  async run(t, { storage, elsewhere, race }) {
    await t.test('domains come back as they went in, oldest first', async t => {
      const client = await fixtures.storedClient(storage)
      const younger = fixtures.domain(client, { createdAt: later(1), mode: 'test', testUsersOnly: true })
      const older = fixtures.domain(client, { ipAllowlist: [] })
      for (const domain of [younger, older])
        t.strictSame(await storage.clients.addDomain(domain, undefined, fixtures.audit()), {
          outcome: 'created',
        })
      t.strictSame(await elsewhere.clients.domains(client.id), [older, younger])
      t.strictSame(await storage.clients.domains('unknown'), [])
    })

    await t.test('a client has a host once; two clients may have the same', async t => {
      const client = await fixtures.storedClient(storage)
      const results = await race(10, storage =>
        storage.clients.addDomain(
          fixtures.domain(client, { host: 'shop.example' }),
          undefined,
          fixtures.audit(),
        ),
      )
      t.strictSame(tally(results), { created: 1, host_taken: 9 })
      const other = await fixtures.storedClient(storage)
      const same = fixtures.domain(other, { host: 'shop.example' })
      t.strictSame(await storage.clients.addDomain(same, 1, fixtures.audit()), { outcome: 'created' })
      t.strictSame(
        await storage.clients.addDomain({ ...same, id: 'dom_again' }, 1, fixtures.audit()),
        { outcome: 'host_taken' },
        'what the client can mend comes before what the plan forbids',
      )
    })

    await t.test("the limit counts all the workspace's domains, however many try at once", async t => {
      const workspace = await fixtures.storedWorkspace(storage)
      const pair = [fixtures.client(workspace), fixtures.client(workspace)] as const
      for (const client of pair) await storage.clients.create(client, undefined, fixtures.audit())
      const results = await race(20, (storage, racer) =>
        storage.clients.addDomain(fixtures.domain(racer < 10 ? pair[0] : pair[1]), 3, fixtures.audit()),
      )
      t.strictSame(tally(results), { created: 3, limit_reached: 17 })
      const stored = await Promise.all(pair.map(({ id }) => storage.clients.domains(id)))
      t.equal(stored.flat().length, 3)
    })

    await t.test('an update replaces everything but the host and the time of creation', async t => {
      const client = await fixtures.storedClient(storage)
      const domain = fixtures.domain(client)
      await storage.clients.addDomain(domain, undefined, fixtures.audit())
      const changed = {
        ...domain,
        host: 'new.example',
        active: false,
        loginAllowed: false,
        apiAllowed: false,
        ipAllowlist: ['10.0.0.0/8'],
        fallbackUri: 'https://new.example/',
        createdAt: later(9),
      }
      t.strictSame(await storage.clients.updateDomain(domain, changed, fixtures.audit()), {
        outcome: 'updated',
      })
      t.strictSame(await elsewhere.clients.domains(client.id), [
        { ...changed, host: domain.host, createdAt: domain.createdAt },
      ])
    })

    await t.test("an unknown domain, or another client's, cannot be updated", async t => {
      const client = await fixtures.storedClient(storage)
      const domain = fixtures.domain(client)
      await storage.clients.addDomain(domain, undefined, fixtures.audit())
      const stranger = await fixtures.storedClient(storage)
      for (const unknown of [{ ...domain, clientId: stranger.id }, fixtures.domain(client)])
        t.strictSame(await storage.clients.updateDomain(unknown, unknown, fixtures.audit()), {
          outcome: 'not_found',
        })
      t.strictSame(await storage.clients.domains(client.id), [domain])
    })

    await t.test('a secret is linked to a domain, once or more often', async t => {
      const client = await fixtures.storedClient(storage)
      const secret = fixtures.secret(client)
      const domain = fixtures.domain(client)
      await storage.clients.addSecret(secret, undefined, fixtures.audit())
      await storage.clients.addDomain(domain, undefined, fixtures.audit())
      const results = await race(5, storage =>
        storage.clients.linkSecret(client.id, secret.id, domain.id, fixtures.audit({ workspaceId: 'link' })),
      )
      t.strictSame(tally(results), { linked: 5 })
      t.strictSame((await elsewhere.clients.facts(client.id, secret.hash, domain.id))?.linkedSecretIds, [
        secret.id,
      ])
      t.equal((await storage.audit.list('link', 10)).length, 1, 'only what changed something is audited')
    })

    await t.test('a secret is never linked to a domain of another client', async t => {
      const client = await fixtures.storedClient(storage)
      const stranger = await fixtures.storedClient(storage)
      const secret = fixtures.secret(client)
      const domain = fixtures.domain(stranger)
      await storage.clients.addSecret(secret, undefined, fixtures.audit())
      await storage.clients.addDomain(domain, undefined, fixtures.audit())
      for (const [clientId, secretId, domainId] of [
        [client.id, secret.id, domain.id],
        [stranger.id, secret.id, domain.id],
        [client.id, secret.id, 'dom_unknown'],
        [stranger.id, 'unknown', domain.id],
        ['unknown', secret.id, domain.id],
      ] as const)
        t.strictSame(await storage.clients.linkSecret(clientId, secretId, domainId, fixtures.audit()), {
          outcome: 'not_found',
        })
      const foreign = fixtures.secret(stranger)
      await storage.clients.addSecret(foreign, undefined, fixtures.audit())
      t.strictSame((await storage.clients.facts(stranger.id, foreign.hash, domain.id))?.linkedSecretIds, [])
    })
  },
}
