import type { Address, AddressFields } from '@xwms/core'
import type { Suite } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const { now, later } = fixtures

/** Another value for every field than the fixture has. */
const OTHERS: AddressFields = {
  type: 'shipping',
  name: undefined,
  companyName: 'Acme',
  firstname: 'Zoë',
  lastname: "d'Arc",
  phone: '+31 6 12345678',
  email: 'Zoe@example.com',
  taxNr: 'NL123456789B01',
  registrationNr: '12345678',
  accessCode: '4711#',
  postalCode: undefined,
  houseNumber: '10A',
  street: 'Damrak',
  city: 'Łódź',
  country: 'PL',
}

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
      const before = await storage.addresses.create(sub, fixtures.addressFields(), now)
      const fields = fixtures.addressFields({ type: 'shipping', name: undefined, companyName: 'Acme' })
      const after = { ...before, ...fields, createdAt: later(5), updatedAt: later(5) }
      t.strictSame(await storage.addresses.update(before, after), { outcome: 'updated' })
      t.strictSame(await elsewhere.addresses.find(sub, before.id), { ...after, createdAt: now })
    })

    await t.test('changes of different members at once all hold', async t => {
      const sub = fixtures.sub()
      const address = await storage.addresses.create(sub, fixtures.addressFields(), now)
      const changes = Object.entries(OTHERS)
      await race(changes.length, async (storage, racer) => {
        // Every try that fails is one of the others' changes, each of which is made once.
        for (let attempt = 1; attempt <= changes.length; attempt++) {
          const before = (await storage.addresses.find(sub, address.id)) as Address
          const after = { ...before, ...Object.fromEntries(changes.slice(racer, racer + 1)) }
          if ((await storage.addresses.update(before, after)).outcome === 'updated') return
        }
        throw new Error('It was overtaken more often than there are others.')
      })
      t.strictSame(await elsewhere.addresses.find(sub, address.id), { ...address, ...OTHERS })
    })

    await t.test('whatever member it is that differs, nothing is written', async t => {
      const address = await storage.addresses.create(fixtures.sub(), fixtures.addressFields(), now)
      for (const [member, value] of Object.entries({ ...OTHERS, updatedAt: later(1) })) {
        const outdated = { ...address, [member]: value }
        const after = { ...address, email: 'outdated@example.com' }
        t.strictSame(await storage.addresses.update(outdated, after), { outcome: 'outdated' }, member)
      }
      t.strictSame(await elsewhere.addresses.find(address.sub, address.id), address)
    })

    await t.test("another user's address can be neither found, nor changed, nor removed", async t => {
      const sub = fixtures.sub()
      const address = await storage.addresses.create(sub, fixtures.addressFields(), now)
      const stranger = fixtures.sub()
      t.equal(await storage.addresses.find(stranger, address.id), undefined)
      const theirs = { ...address, sub: stranger }
      t.strictSame(await storage.addresses.update(theirs, theirs), { outcome: 'not_found' })
      t.equal(await storage.addresses.delete(stranger, address.id), false)
      t.strictSame(await storage.addresses.find(sub, address.id), address)
    })

    await t.test('an address is removed once', async t => {
      const sub = fixtures.sub()
      const address = await storage.addresses.create(sub, fixtures.addressFields(), now)
      const { id } = address
      t.strictSame((await race(5, storage => storage.addresses.delete(sub, id))).filter(Boolean), [true])
      t.equal(await storage.addresses.find(sub, id), undefined)
      t.strictSame(await storage.addresses.update(address, address), { outcome: 'not_found' })
    })

    await t.test('addresses that are made at once get ids of their own', async t => {
      const sub = fixtures.sub()
      const made = await race(20, storage => storage.addresses.create(sub, fixtures.addressFields(), now))
      t.equal(new Set(made.map(({ id }) => id)).size, 20)
    })
  },
}
