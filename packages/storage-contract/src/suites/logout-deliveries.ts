import type { Client } from '@xwms/core'
import type { Suite } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const { now, later } = fixtures

export const logoutDeliveries: Suite = {
  name: 'logout deliveries',
  async run(t, { storage, elsewhere, race }) {
    /** Signs a user out of so many clients that want to hear of it. */
    async function loggedOut(count: number, at: Date) {
      const session = fixtures.session({ expiresAt: later(10 * 86_400) })
      await storage.sessions.create(session)
      const clients: Client[] = []
      for (let index = 0; index < count; index++) {
        const metadata = { backchannel_logout_uri: 'https://shop.example/logout' }
        const client = await fixtures.storedClient(storage, { metadata })
        await storage.codes.create(fixtures.code(client, { sid: session.sid, sub: session.sub }))
        clients.push(client)
      }
      t.ok(await storage.sessions.logOut(session.idHash, at))
      return { session, clients }
    }

    await t.test('each client is told once, by whoever claims it', async t => {
      const { session, clients } = await loggedOut(30, now)
      t.strictSame(await storage.logoutDeliveries.claim(later(-1), later(60), 100), [], 'none is due yet')
      const claims = await race(10, storage => storage.logoutDeliveries.claim(now, later(60), 5))
      const first = claims.flat()
      const rest = await storage.logoutDeliveries.claim(now, later(60), 100)
      const claimed = [...first, ...rest]
      t.ok(claims.every(claim => claim.length <= 5))
      t.strictSame(claimed.map(({ clientId }) => clientId).sort(), clients.map(({ id }) => id).sort())
      t.equal(new Set(claimed.map(({ id }) => id)).size, 30)
      for (const { id, clientId, ...delivery } of claimed)
        t.strictSame(delivery, {
          sub: session.sub,
          sid: session.sid,
          attempts: 0,
          createdAt: now,
          nextAttemptAt: later(60),
        })
      t.strictSame(
        await elsewhere.logoutDeliveries.claim(later(59), later(120), 100),
        [],
        'hidden until then',
      )
      for (const { id } of claimed) await elsewhere.logoutDeliveries.finish(id)
      t.strictSame(await storage.logoutDeliveries.claim(later(3600), later(7200), 100), [])
    })

    await t.test('who died with a claim leaves it to the others', async t => {
      await loggedOut(1, now)
      const [claimed] = await storage.logoutDeliveries.claim(now, later(60), 10)
      const [again] = await elsewhere.logoutDeliveries.claim(later(60), later(120), 10)
      t.strictSame(again, { ...claimed, nextAttemptAt: later(120) })
      await storage.logoutDeliveries.finish(again?.id ?? '')
    })

    await t.test('a failure is counted and tried again later, until it is given up', async t => {
      await loggedOut(1, now)
      const [delivery] = await storage.logoutDeliveries.claim(now, later(60), 10)
      const id = delivery?.id ?? ''
      await storage.logoutDeliveries.retry(id, later(300))
      t.strictSame(await elsewhere.logoutDeliveries.claim(later(299), later(400), 10), [])
      const [retried] = await elsewhere.logoutDeliveries.claim(later(300), later(400), 10)
      t.strictSame(retried, { ...delivery, attempts: 1, nextAttemptAt: later(400) })
      await storage.logoutDeliveries.finish(id)
      await t.resolves(storage.logoutDeliveries.finish(id))
      await t.resolves(storage.logoutDeliveries.retry(id, later(500)))
      t.strictSame(await elsewhere.logoutDeliveries.claim(later(3600), later(7200), 10), [])
    })

    await t.test('what is due longest comes first', async t => {
      const late = await loggedOut(1, later(20))
      const early = await loggedOut(1, later(10))
      const take = () => storage.logoutDeliveries.claim(later(30), later(3600), 1)
      const claimed = [...(await take()), ...(await take())]
      t.strictSame(
        claimed.map(({ sid }) => sid),
        [early.session.sid, late.session.sid],
      )
    })
  },
}
