import type { Suite } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const { now, later } = fixtures

export const clientUsers: Suite = {
  name: 'client users',
  async run(t, { storage, elsewhere, race }) {
    await t.test('approvals add up, in the order in which they were given', async t => {
      const client = await fixtures.storedClient(storage)
      const sub = fixtures.sub()
      t.equal(await storage.clientUsers.find(client.id, sub), undefined)
      const first = await storage.clientUsers.approve(
        client.id,
        sub,
        fixtures.approval({ scopes: ['openid', 'email', 'email'] }),
        now,
      )
      t.strictSame(first, {
        clientId: client.id,
        sub,
        scopes: ['openid', 'email'],
        claims: [],
        resources: [],
        authorizationDetails: [],
        createdAt: now,
        updatedAt: now,
      })
      const second = await storage.clientUsers.approve(
        client.id,
        sub,
        fixtures.approval({ scopes: ['zeta', 'email', 'alpha'], claims: ['nickname'] }),
        later(1),
      )
      t.strictSame(second, {
        ...first,
        scopes: ['openid', 'email', 'zeta', 'alpha'],
        claims: ['nickname'],
        updatedAt: later(1),
      })
      t.strictSame(await elsewhere.clientUsers.find(client.id, sub), second)
      t.equal(await storage.clientUsers.find(client.id, fixtures.sub()), undefined)
    })

    await t.test('approvals that are given at once are all remembered', async t => {
      const client = await fixtures.storedClient(storage)
      const sub = fixtures.sub()
      await race(10, (storage, racer) =>
        storage.clientUsers.approve(client.id, sub, fixtures.approval({ scopes: [`s${racer}`] }), now),
      )
      const found = await storage.clientUsers.find(client.id, sub)
      t.strictSame(
        [...(found?.scopes ?? [])].sort(),
        Array.from({ length: 10 }, (_, racer) => `s${racer}`),
      )
    })

    await t.test(
      'a revocation forgets the approval and ends every grant of that user to that client',
      async t => {
        const client = await fixtures.storedClient(storage)
        const sub = fixtures.sub()
        await storage.clientUsers.approve(client.id, sub, fixtures.approval(), now)
        const issue = async (of: string) => {
          const grant = fixtures.grant(client, { sub: of })
          const accessToken = fixtures.accessToken(grant)
          await storage.tokens.issue({ grant, accessToken, refreshToken: undefined })
          return accessToken.hash
        }
        const own = [await issue(sub), await issue(sub)]
        const others = await issue(fixtures.sub())
        const results = await race(5, storage => storage.clientUsers.revoke(client.id, sub, later(1)))
        t.strictSame(results.filter(Boolean), [true])
        t.equal(await elsewhere.clientUsers.find(client.id, sub), undefined)
        for (const hash of own) t.equal(await elsewhere.tokens.findAccessToken(hash, later(1)), undefined)
        t.ok(await storage.tokens.findAccessToken(others, later(1)))
      },
    )

    await t.test('an approval after a revocation begins anew', async t => {
      const client = await fixtures.storedClient(storage)
      const sub = fixtures.sub()
      t.equal(await storage.clientUsers.revoke(client.id, sub, now), false)
      await storage.clientUsers.approve(
        client.id,
        sub,
        fixtures.approval({ scopes: ['openid', 'email'] }),
        now,
      )
      await storage.clientUsers.revoke(client.id, sub, now)
      const anew = await storage.clientUsers.approve(client.id, sub, fixtures.approval(), later(1))
      t.strictSame(anew.scopes, ['openid'])
      t.strictSame(anew.createdAt, later(1))
    })

    await t.test('a scope that is taken back is in no approval and no grant any more', async t => {
      const client = await fixtures.storedClient(storage)
      const sub = fixtures.sub()
      const scopes = ['openid', 'email', 'offline_access']
      await storage.clientUsers.approve(client.id, sub, fixtures.approval({ scopes }), now)
      const issue = async (of: string, carried: readonly string[]) => {
        const grant = fixtures.grant(client, { sub: of, scopes })
        const accessToken = fixtures.accessToken(grant, { scopes: carried })
        const refreshToken = fixtures.refreshToken(grant)
        await storage.tokens.issue({ grant, accessToken, refreshToken })
        return { grant, access: accessToken.hash, refresh: refreshToken.hash }
      }
      const wide = await issue(sub, scopes)
      const narrow = await issue(sub, ['openid'])
      const others = await issue(fixtures.sub(), scopes)

      const results = await race(5, storage =>
        storage.clientUsers.removeScope(client.id, sub, 'email', later(1)),
      )
      t.strictSame(results.filter(Boolean), [true])
      const approval = await elsewhere.clientUsers.find(client.id, sub)
      t.strictSame(approval?.scopes, ['openid', 'offline_access'])
      t.strictSame(approval?.updatedAt, now, 'taking back is no approval')
      for (const { grant, refresh } of [wide, narrow]) {
        const found = await elsewhere.tokens.findRefreshToken(refresh)
        t.strictSame(found?.grant.scopes, ['openid', 'offline_access'])
        t.equal(found?.grant.revokedAt, undefined)
        t.equal(await elsewhere.tokens.isGrantLive(grant.id, ['openid']), true)
        t.equal(await elsewhere.tokens.isGrantLive(grant.id, ['openid', 'email']), false)
      }
      t.equal(await elsewhere.tokens.findAccessToken(wide.access, later(1)), undefined, 'it carried more')
      t.ok(await elsewhere.tokens.findAccessToken(narrow.access, later(1)))
      t.ok(await elsewhere.tokens.findAccessToken(others.access, later(1)), 'nobody else’s')

      t.equal(await storage.clientUsers.removeScope(client.id, sub, 'email', later(2)), false)
      t.equal(await storage.clientUsers.removeScope(client.id, fixtures.sub(), 'openid', later(2)), false)
    })

    await t.test('a grant ends with the last of its scopes, though other things stay approved', async t => {
      const client = await fixtures.storedClient(storage)
      const sub = fixtures.sub()
      const issue = async (scopes: readonly string[]) => {
        const grant = fixtures.grant(client, { sub, scopes })
        const refreshToken = fixtures.refreshToken(grant)
        const accessToken = fixtures.accessToken(grant, { scopes: [] })
        await storage.tokens.issue({ grant, accessToken, refreshToken })
        return { grant, refresh: refreshToken.hash }
      }
      const approval = fixtures.approval({ scopes: ['openid', 'a', 'b'] })
      await storage.clientUsers.approve(client.id, sub, approval, now)
      const [single, pair, other, none] = [
        await issue(['a']),
        await issue(['a', 'b']),
        await issue(['openid']),
        await issue([]),
      ]
      const left = async ({ refresh }: { refresh: string }) => {
        const found = await elsewhere.tokens.findRefreshToken(refresh)
        return { scopes: found?.grant.scopes, revokedAt: found?.grant.revokedAt }
      }
      t.equal(await storage.clientUsers.removeScope(client.id, sub, 'a', later(1)), true)
      t.strictSame(await left(single), { scopes: [], revokedAt: later(1) })
      t.equal(await elsewhere.tokens.isGrantLive(single.grant.id, []), false)
      t.strictSame(await left(pair), { scopes: ['b'], revokedAt: undefined })
      t.strictSame(await left(other), { scopes: ['openid'], revokedAt: undefined })
      t.strictSame(await left(none), { scopes: [], revokedAt: undefined }, 'it lost nothing')
      t.equal(await storage.clientUsers.removeScope(client.id, sub, 'b', later(2)), true)
      t.strictSame(await left(pair), { scopes: [], revokedAt: later(2) })
      t.strictSame(await left(single), { scopes: [], revokedAt: later(1) }, 'it ended once')
    })

    await t.test('whoever takes the last of it back takes back the whole', async t => {
      const client = await fixtures.storedClient(storage)
      const sub = fixtures.sub()
      const scopes = ['a', 'b', 'c', 'd']
      const grant = fixtures.grant(client, { sub, scopes })
      const refreshToken = fixtures.refreshToken(grant)
      await storage.clientUsers.approve(client.id, sub, fixtures.approval({ scopes }), now)
      await storage.tokens.issue({ grant, accessToken: fixtures.accessToken(grant), refreshToken })
      const results = await race(4, (storage, racer) =>
        storage.clientUsers.removeScope(client.id, sub, scopes[racer] ?? '', later(1)),
      )
      t.strictSame(results, [true, true, true, true])
      t.equal(await elsewhere.clientUsers.find(client.id, sub), undefined)
      t.strictSame((await elsewhere.tokens.findRefreshToken(refreshToken.hash))?.grant.revokedAt, later(1))

      const resources = ['https://api.example/']
      await storage.clientUsers.approve(client.id, sub, fixtures.approval({ scopes: ['a'], resources }), now)
      t.equal(await storage.clientUsers.removeScope(client.id, sub, 'a', later(1)), true)
      const left = await elsewhere.clientUsers.find(client.id, sub)
      t.match(left, { scopes: [], resources }, 'what else was approved stays')
    })

    await t.test('everything that is approved adds up, each thing once', async t => {
      const client = await fixtures.storedClient(storage)
      const sub = fixtures.sub()
      const payment = '{"type":"payment","amount":"45 €"}'
      await storage.clientUsers.approve(
        client.id,
        sub,
        { scopes: ['openid'], claims: ['name', 'name'], resources: [], authorizationDetails: [payment] },
        now,
      )
      const approved = await elsewhere.clientUsers.approve(
        client.id,
        sub,
        {
          scopes: [],
          claims: ['zoneinfo', 'name'],
          resources: ['https://api.example/ä'],
          authorizationDetails: ['{}', payment],
        },
        later(1),
      )
      t.strictSame(approved, {
        clientId: client.id,
        sub,
        scopes: ['openid'],
        claims: ['name', 'zoneinfo'],
        resources: ['https://api.example/ä'],
        authorizationDetails: [payment, '{}'],
        createdAt: now,
        updatedAt: later(1),
      })
      t.strictSame(await storage.clientUsers.find(client.id, sub), approved)
    })

    await t.test("a list is one user's, newest first", async t => {
      const sub = fixtures.sub()
      t.strictSame(await storage.clientUsers.list(sub), [])
      const [old, young] = [await fixtures.storedClient(storage), await fixtures.storedClient(storage)]
      const first = await storage.clientUsers.approve(old.id, sub, fixtures.approval(), now)
      const second = await storage.clientUsers.approve(young.id, sub, fixtures.approval(), later(1))
      await storage.clientUsers.approve(old.id, fixtures.sub(), fixtures.approval(), now)
      t.strictSame(await elsewhere.clientUsers.list(sub), [second, first])
    })
  },
}
