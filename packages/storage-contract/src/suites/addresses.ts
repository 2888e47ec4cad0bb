import type { Suite } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const { now, later } = fixtures

export const addresses: Suite = {
  name: 'addresses',
  async run(t, { storage, elsewhere, race }) {
    await t.test('an address gets a positive integer as its id and comes back as it went in', async t => {
      const sub = fixtures.sub()
      const fields = fixtures.addressFields()
      const address = await storage.addresses.create(sub, fields, now)
      t.ok(Number.isSafeInteger(address.id) && address.id > 0)
      t.strictSame(address, { ...fields, id: address.id, sub, createdAt: now, updatedAt: now })
      t.strictSame(await elsewhere.addresses.find(sub, address.id), address)
    })

    await t.test("a list is one user's, oldest first", async t => {
      const sub = fixtures.sub()
      t.strictSame(await storage.addresses.list(sub), [])
      const made = [
        await storage.addresses.create(sub, fixtures.addressFields({ city: 'Łódź' }), now),
        await storage.addresses.create(sub, fixtures.addressFields({ city: 'Örebro' }), later(1)),
      ]
      await storage.addresses.create(fixtures.sub(), fixtures.addressFields(), now)
      t.strictSame(await elsewhere.addresses.list(sub), made)
    })

    await t.test('an update replaces every field and keeps the time of creation', async t => {
      const sub = fixtures.sub()
      const { id } = await storage.addresses.create(sub, fixtures.addressFields(), now)
      const fields = fixtures.addressFields({ type: 'shipping', name: undefined, companyName: 'Acme' })
      const updated = await storage.addresses.update(sub, id, fields, later(5))
      t.strictSame(updated, { ...fields, id, sub, createdAt: now, updatedAt: later(5) })
      t.strictSame(await elsewhere.addresses.find(sub, id), updated)
    })

    await t.test("another user's address can be neither found, nor changed, nor removed", async t => {
      const sub = fixtures.sub()
      const address = await storage.addresses.create(sub, fixtures.addressFields(), now)
      const stranger = fixtures.sub()
      t.equal(await storage.addresses.find(stranger, address.id), undefined)
      t.equal(await storage.addresses.update(stranger, address.id, fixtures.addressFields(), now), undefined)
      t.equal(await storage.addresses.delete(stranger, address.id), false)
      t.strictSame(await storage.addresses.find(sub, address.id), address)
    })

    await t.test('an address is removed once', async t => {
      const sub = fixtures.sub()
      const { id } = await storage.addresses.create(sub, fixtures.addressFields(), now)
      t.strictSame((await race(5, storage => storage.addresses.delete(sub, id))).filter(Boolean), [true])
      t.equal(await storage.addresses.find(sub, id), undefined)
      t.equal(await storage.addresses.update(sub, id, fixtures.addressFields(), now), undefined)
    })

    await t.test('addresses that are made at once get ids of their own', async t => {
      const sub = fixtures.sub()
      const made = await race(20, storage => storage.addresses.create(sub, fixtures.addressFields(), now))
      t.equal(new Set(made.map(({ id }) => id)).size, 20)
    })
  },
}
