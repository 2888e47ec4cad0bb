import type { Suite } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const { now, later } = fixtures

export const pushedRequests: Suite = {
  name: 'pushed requests',
  async run(t, { storage, elsewhere, race }) {
    async function pushed() {
      const request = fixtures.pushedRequest(await fixtures.storedClient(storage))
      await storage.pushedRequests.create(request)
      return request
    }

    await t.test('a request comes back as it went in, until the moment it expires', async t => {
      const request = await pushed()
      t.strictSame(await elsewhere.pushedRequests.find(request.hash, now), request)
      t.strictSame(await elsewhere.pushedRequests.find(request.hash, later(59)), request)
      t.equal(await elsewhere.pushedRequests.find(request.hash, request.expiresAt), undefined)
      t.equal(await storage.pushedRequests.find('unknown', now), undefined)
    })

    await t.test('of 100 that spend it at once, one does', async t => {
      const request = await pushed()
      const results = await race(100, storage => storage.pushedRequests.spend(request.hash))
      t.strictSame(results.filter(Boolean), [true])
      t.equal(await elsewhere.pushedRequests.find(request.hash, now), undefined)
      t.equal(await storage.pushedRequests.spend('unknown'), false)
    })
  },
}
