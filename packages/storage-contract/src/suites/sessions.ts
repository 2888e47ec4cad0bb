import type { Client, Grant } from '@xwms/core'
import type { Suite } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const { now, later } = fixtures

export const sessions: Suite = {
  name: 'sessions',
  async run(t, { storage, elsewhere, race }) {
    const wantsToHear = { metadata: { backchannel_logout_uri: 'https://shop.example/logout' } }

    /** A session in which a user signed in to clients. */
    async function signedIn(clients: readonly Client[]) {
      const session = fixtures.session()
      const { sid, sub } = session
      await storage.sessions.create(session)
      for (const client of clients) await storage.codes.create(fixtures.code(client, { sid, sub }))
      return session
    }

    await t.test('a session comes back as it went in, until the moment it expires', async t => {
      const session = fixtures.session({ userAgent: undefined })
      await storage.sessions.create(session)
      t.strictSame(await elsewhere.sessions.find(session.idHash, now), session)
      t.strictSame(await elsewhere.sessions.find(session.idHash, later(3599)), session)
      t.equal(await elsewhere.sessions.find(session.idHash, session.expiresAt), undefined)
    })

    await t.test('a session that has ended is gone everywhere, and can be ended again', async t => {
      const session = fixtures.session()
      await storage.sessions.create(session)
      await storage.sessions.end(session.idHash)
      t.equal(await elsewhere.sessions.find(session.idHash, now), undefined)
      await t.resolves(storage.sessions.end(session.idHash))
      await t.resolves(storage.sessions.end('unknown'))
    })

    await t.test('a session goes on under a new hash, with the clients that took part', async t => {
      const client = await fixtures.storedClient(storage, wantsToHear)
      const session = await signedIn([client])
      const { sid, sub } = session
      const times = { createdAt: later(10), authenticatedAt: later(10), expiresAt: later(7200) }
      const renewed = fixtures.session({ sid, sub, amr: ['pwd', 'otp'], ...times })
      t.equal(await storage.sessions.renew(session.idHash, renewed), true)
      t.equal(await elsewhere.sessions.find(session.idHash, now), undefined)
      t.strictSame(await elsewhere.sessions.find(renewed.idHash, later(7199)), renewed)
      const ended = await storage.sessions.logOut(renewed.idHash, later(20))
      t.strictSame(ended, { session: renewed, clientIds: [client.id] })
    })

    await t.test("nobody goes on with a session that is another's, or gone", async t => {
      const session = await signedIn([])
      const { idHash, sid, sub } = session
      t.equal(await storage.sessions.renew(idHash, fixtures.session({ sid })), false)
      t.equal(await storage.sessions.renew(idHash, fixtures.session({ sub })), false)
      t.equal(await storage.sessions.renew('unknown', fixtures.session({ sid, sub })), false)
      t.strictSame(await elsewhere.sessions.find(idHash, now), session)
    })

    await t.test('of 20 that renew a session at once, one does', async t => {
      const { idHash, sid, sub } = await signedIn([])
      const results = await race(20, storage =>
        storage.sessions.renew(idHash, fixtures.session({ sid, sub })),
      )
      t.equal(results.filter(Boolean).length, 1)
      t.equal((await storage.sessions.list(sub, now)).length, 1)
    })

    await t.test('nothing is found under an unknown hash', async t => {
      t.equal(await storage.sessions.find('unknown', now), undefined)
    })

    await t.test("a list is one user's sessions that live, newest first", async t => {
      const sub = fixtures.sub()
      const old = fixtures.session({ sub })
      const young = fixtures.session({ sub, createdAt: later(60), expiresAt: later(120) })
      for (const session of [old, young, fixtures.session()]) await storage.sessions.create(session)
      t.strictSame(await elsewhere.sessions.list(sub, later(119)), [young, old])
      t.strictSame(await elsewhere.sessions.list(sub, later(120)), [old])
      t.strictSame(await elsewhere.sessions.list(fixtures.sub(), now), [])
    })

    async function granted(client: Client, given: Partial<Grant>) {
      const grant = fixtures.grant(client, given)
      const accessToken = fixtures.accessToken(grant)
      await storage.tokens.issue({ grant, accessToken, refreshToken: undefined })
      return async () => (await elsewhere.tokens.findAccessToken(accessToken.hash, now)) !== undefined
    }

    await t.test('signing out ends the session and names the clients that took part, each once', async t => {
      const [telling, silent, stranger, signToken] = [
        await fixtures.storedClient(storage, wantsToHear),
        await fixtures.storedClient(storage),
        await fixtures.storedClient(storage, wantsToHear),
        await fixtures.storedClient(storage, wantsToHear),
      ]
      const session = await signedIn([telling, silent, telling])
      const { sid, sub } = session
      await signedIn([stranger])
      await storage.codes.create(fixtures.code(signToken, { sid, sub, flow: 'sign_token' }))
      const clientIds = [telling.id, silent.id].sort()
      t.strictSame(await storage.sessions.logOut(session.idHash, later(1)), { session, clientIds })
      t.equal(await elsewhere.sessions.find(session.idHash, now), undefined)
      t.equal(await storage.sessions.logOut(session.idHash, later(2)), undefined)
      const deliveries = await elsewhere.logoutDeliveries.claim(later(1), later(2), 100)
      t.strictSame(
        deliveries.map(({ clientId, sid, sub, attempts }) => ({ clientId, sid, sub, attempts })),
        [{ clientId: telling.id, sid, sub, attempts: 0 }],
        'who has an address for it is told',
      )
    })

    await t.test('signing out ends what lives with the session, and nothing else', async t => {
      const client = await fixtures.storedClient(storage)
      const { idHash, sid, sub } = await signedIn([client])
      const own = { sid, sub, scopes: ['email', 'openid'] }
      const doomed = await granted(client, own)
      const survivors = [
        await granted(client, { ...own, scopes: ['openid', 'offline_access'] }),
        await granted(client, { ...own, scopes: ['email'] }),
        await granted(client, { ...own, sid: fixtures.session().sid }),
        await granted(client, { ...own, sid: undefined }),
      ]
      await storage.sessions.logOut(idHash, later(1))
      t.equal(await doomed(), false)
      for (const survives of survivors) t.equal(await survives(), true)
    })

    await t.test('of 20 that sign out at once, one does, and each client is told once', async t => {
      const clients = [
        await fixtures.storedClient(storage, wantsToHear),
        await fixtures.storedClient(storage, wantsToHear),
      ]
      const session = await signedIn(clients)
      const results = await race(20, storage => storage.sessions.logOut(session.idHash, now))
      t.equal(results.filter(Boolean).length, 1)
      const deliveries = await storage.logoutDeliveries.claim(now, later(60), 100)
      t.strictSame(deliveries.map(({ clientId }) => clientId).sort(), clients.map(({ id }) => id).sort())
    })

    await t.test('a client that takes part while the user signs out is told, or came too late', async t => {
      const client = await fixtures.storedClient(storage, wantsToHear)
      for (let round = 0; round < 10; round++) {
        const session = await signedIn([])
        const { sid, sub } = session
        const code = fixtures.code(client, { sid, sub })
        const answers = await race(2, (storage, racer) =>
          racer === 0
            ? storage.sessions.logOut(session.idHash, now)
            : storage.codes.create(code).then(() => undefined),
        )
        const deliveries = await storage.logoutDeliveries.claim(now, later(60), 100)
        t.equal(deliveries.length, answers[0]?.clientIds.length)
        t.strictSame(await elsewhere.codes.find(code.hash), code, 'the code is stored in any case')
      }
    })

    await t.test('a session that is unknown or has expired cannot be signed out of', async t => {
      const session = await signedIn([])
      t.equal(await storage.sessions.logOut('unknown', now), undefined)
      t.equal(await storage.sessions.logOut(session.idHash, session.expiresAt), undefined)
      t.ok(await storage.sessions.find(session.idHash, now))
    })
  },
}
