import type { Suite } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const { later } = fixtures

export const interactions: Suite = {
  name: 'interactions',
  async run(t, { storage, elsewhere, race }) {
    await t.test('an interaction comes back as it went in, expired or not', async t => {
      const client = await fixtures.storedClient(storage)
      const domain = fixtures.domain(client)
      await storage.clients.addDomain(domain, undefined, fixtures.audit())
      const interaction = fixtures.interaction(client, { flow: 'device_code', domainId: domain.id })
      const expired = fixtures.interaction(client, { expiresAt: later(-1) })
      for (const each of [interaction, expired]) {
        await storage.interactions.create(each)
        t.strictSame(await elsewhere.interactions.find(each.hash), each)
      }
      t.equal(await storage.interactions.find('unknown'), undefined)
    })

    await t.test('a denial is remembered with the time of the first', async t => {
      const client = await fixtures.storedClient(storage)
      const interaction = fixtures.interaction(client)
      await storage.interactions.create(interaction)
      t.equal(await storage.interactions.deny(interaction.hash, later(1)), true)
      t.equal(await storage.interactions.deny(interaction.hash, later(2)), true)
      t.strictSame(await elsewhere.interactions.find(interaction.hash), {
        ...interaction,
        deniedAt: later(1),
      })
      t.equal(await storage.interactions.deny('unknown', later(1)), false)
    })

    await t.test('of 100 that finish it at once, one does', async t => {
      const client = await fixtures.storedClient(storage)
      const interaction = fixtures.interaction(client)
      await storage.interactions.create(interaction)
      const results = await race(100, storage => storage.interactions.finish(interaction.hash))
      t.strictSame(results.filter(Boolean), [true])
      t.equal(await storage.interactions.find(interaction.hash), undefined)
      t.equal(await storage.interactions.deny(interaction.hash, later(1)), false)
      t.equal(await storage.interactions.finish('unknown'), false)
    })
  },
}
