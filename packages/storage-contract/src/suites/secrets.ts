import { type Suite, tally } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const { now, later } = fixtures

export const secrets: Suite = {
  name: 'secrets',
  async run(t, { storage, elsewhere, race }) {
    await t.test('secrets come back as they went in, newest first', async t => {
      const client = await fixtures.storedClient(storage)
      const older = fixtures.secret(client, { name: 'älter' })
      const newer = fixtures.secret(client, {
        createdAt: later(1),
        expiresAt: later(60),
        lastUsedAt: later(2),
      })
      const entry = fixtures.audit({ workspaceId: client.workspaceId, at: later(1) })
      t.strictSame(await storage.clients.addSecret(older, undefined, fixtures.audit()), {
        outcome: 'created',
      })
      t.strictSame(await storage.clients.addSecret(newer, undefined, entry), { outcome: 'created' })
      t.strictSame(await elsewhere.clients.secrets(client.id), [newer, older])
      t.strictSame((await elsewhere.audit.list(client.workspaceId, 1))[0], entry)
      t.strictSame(await storage.clients.secrets('unknown'), [])
    })

    await t.test('the limit counts secrets that are neither revoked nor expired', async t => {
      const client = await fixtures.storedClient(storage)
      for (const gone of [{ revokedAt: now }, { expiresAt: now }])
        await storage.clients.addSecret(fixtures.secret(client, gone), undefined, fixtures.audit())
      const add = () => storage.clients.addSecret(fixtures.secret(client), 1, fixtures.audit())
      t.strictSame(await add(), { outcome: 'created' })
      t.strictSame(await add(), { outcome: 'limit_reached' })
    })

    await t.test('the limit holds, however many try at once', async t => {
      const client = await fixtures.storedClient(storage)
      const results = await race(20, storage =>
        storage.clients.addSecret(fixtures.secret(client), 2, fixtures.audit()),
      )
      t.strictSame(tally(results), { created: 2, limit_reached: 18 })
    })

    await t.test('a rotation shortens the life of the others and never lengthens it', async t => {
      const client = await fixtures.storedClient(storage)
      const endless = fixtures.secret(client)
      const soonGone = fixtures.secret(client, { expiresAt: later(5) })
      const revoked = fixtures.secret(client, { revokedAt: now })
      for (const secret of [endless, soonGone, revoked])
        await storage.clients.addSecret(secret, undefined, fixtures.audit())
      const fresh = fixtures.secret(client, { createdAt: later(1) })
      await storage.clients.rotateSecret(fresh, later(3600), fixtures.audit())
      const found = new Map((await elsewhere.clients.secrets(client.id)).map(secret => [secret.id, secret]))
      t.strictSame(found.get(fresh.id), fresh)
      t.strictSame(found.get(endless.id), { ...endless, expiresAt: later(3600) })
      t.strictSame(found.get(soonGone.id), soonGone)
      t.strictSame(found.get(revoked.id), revoked)
    })

    await t.test('of rotations that run at once each adds its secret, and one stays unexpired', async t => {
      const client = await fixtures.storedClient(storage)
      const rotated = Array.from({ length: 20 }, () => fixtures.secret(client))
      await race(20, (storage, racer) =>
        storage.clients.rotateSecret(rotated[racer] ?? fixtures.secret(client), later(60), fixtures.audit()),
      )
      const found = await storage.clients.secrets(client.id)
      t.strictSame(new Set(found.map(({ id }) => id)), new Set(rotated.map(({ id }) => id)))
      t.equal(found.filter(({ expiresAt }) => expiresAt === undefined).length, 1)
      t.equal(found.filter(({ expiresAt }) => expiresAt?.getTime() === later(60).getTime()).length, 19)
    })

    await t.test('a secret is revoked once and keeps the time of that', async t => {
      const client = await fixtures.storedClient(storage)
      const secret = fixtures.secret(client)
      await storage.clients.addSecret(secret, undefined, fixtures.audit())
      const results = await race(10, (storage, racer) =>
        storage.clients.revokeSecret(
          client.id,
          secret.id,
          later(1),
          fixtures.audit({ workspaceId: 'revocation', target: String(racer) }),
        ),
      )
      t.strictSame(tally(results), { revoked: 1, already_revoked: 9 })
      const again = await storage.clients.revokeSecret(client.id, secret.id, later(99), fixtures.audit())
      t.strictSame(again, { outcome: 'already_revoked' })
      t.strictSame(await elsewhere.clients.secrets(client.id), [{ ...secret, revokedAt: later(1) }])
      t.equal((await storage.audit.list('revocation', 100)).length, 1)
    })

    await t.test("another client's secret, or an unknown one, cannot be revoked", async t => {
      const client = await fixtures.storedClient(storage)
      const secret = fixtures.secret(client)
      await storage.clients.addSecret(secret, undefined, fixtures.audit())
      const stranger = await fixtures.storedClient(storage)
      for (const [clientId, secretId] of [
        [stranger.id, secret.id],
        [client.id, 'unknown'],
        ['unknown', secret.id],
      ] as const)
        t.strictSame(await storage.clients.revokeSecret(clientId, secretId, now, fixtures.audit()), {
          outcome: 'not_found',
        })
      t.strictSame(await storage.clients.secrets(client.id), [secret])
    })

    await t.test('the time of last use moves forwards only', async t => {
      const client = await fixtures.storedClient(storage)
      const [one, two] = [fixtures.secret(client), fixtures.secret(client)]
      for (const secret of [one, two]) await storage.clients.addSecret(secret, undefined, fixtures.audit())
      await race(10, (storage, racer) => {
        const used = [one, two].map(({ id }) => ({ secretId: id, at: later(racer) }))
        // In both orders, as processes would have them.
        return storage.clients.touchSecrets(racer % 2 === 0 ? used : used.reverse())
      })
      await storage.clients.touchSecrets([
        { secretId: one.id, at: later(3) },
        { secretId: 'unknown', at: now },
        { secretId: two.id, at: later(20) },
        { secretId: two.id, at: later(15) },
      ])
      await storage.clients.touchSecrets([])
      const found = new Map((await elsewhere.clients.secrets(client.id)).map(secret => [secret.id, secret]))
      t.strictSame(found.get(one.id)?.lastUsedAt, later(9))
      t.strictSame(found.get(two.id)?.lastUsedAt, later(20))
    })
  },
}
