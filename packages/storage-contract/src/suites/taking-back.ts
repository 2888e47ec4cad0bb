import type { AccessToken, Client, Grant, Issue, RefreshToken, Storage } from '@xwms/core'
import type { Suite } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const { now, later } = fixtures
const SCOPES = ['openid', 'email', 'offline_access']
const LEFT = ['openid', 'offline_access']

/** A user who approved a client. */
interface Approved {
  readonly client: Client
  readonly sub: string
}

/** What somebody would get for an approval of these scopes. */
function issueFor({ client, sub }: Approved, scopes: readonly string[]) {
  return fixtures.issue(client, { sub, scopes })
}

/** Ways to redeem what a user approved, once. */
const PRESENTED: Readonly<
  Record<
    string,
    (storage: Storage, approved: Approved) => Promise<(on: Storage, issue: Issue) => Promise<string>>
  >
> = {
  async 'a code'(storage, { client, sub }) {
    const code = fixtures.code(client, { sub, scopes: SCOPES })
    await storage.codes.create(code)
    return async (on, issue) => (await on.codes.consume(code.hash, now, issue)).outcome
  },
  async 'a device code'(storage, { client, sub }) {
    const code = fixtures.deviceCode(client, { scopes: SCOPES })
    await storage.deviceCodes.create(code)
    await storage.deviceCodes.decide(code.hash, fixtures.deviceApproval({ sub, scopes: SCOPES }), now)
    return async (on, issue) => (await on.deviceCodes.consume(code.hash, now, issue)).outcome
  },
}

/** Ways to go on with a refresh token. */
const REFRESHES: Readonly<
  Record<
    string,
    (on: Storage, token: RefreshToken, grant: Grant, accessToken: AccessToken) => Promise<string>
  >
> = {
  async 'a refresh token that is rotated'(on, { hash }, grant, accessToken) {
    const successor = { refreshToken: fixtures.refreshToken(grant), sealedValue: fixtures.hash() }
    return (await on.tokens.rotateRefreshToken(hash, successor, accessToken, 10, later(2))).outcome
  },
  async 'a refresh token that stays'(on, { hash }, _grant, accessToken) {
    return (await on.tokens.useRefreshToken(hash, accessToken, later(60), later(2))).outcome
  },
}

/** Whatever a user takes back while it is being redeemed: nobody has it afterwards. */
export const takingBack: Suite = {
  name: 'taking back',
  async run(t, { storage, elsewhere, race }) {
    async function approved(): Promise<Approved> {
      const [client, sub] = [await fixtures.storedClient(storage), fixtures.sub()]
      await storage.clientUsers.approve(client.id, sub, fixtures.approval({ scopes: SCOPES }), now)
      return { client, sub }
    }

    for (const [name, present] of Object.entries(PRESENTED)) {
      await t.test(`${name} brings no scope that was taken back, and what is left`, async t => {
        const given = await approved()
        const redeem = await present(storage, given)
        await storage.clientUsers.removeScope(given.client.id, given.sub, 'email', now)
        const [wide, narrow] = [issueFor(given, SCOPES), issueFor(given, LEFT)]
        t.equal(await redeem(elsewhere, wide), 'taken_back')
        t.equal(await storage.tokens.findAccessToken(wide.accessToken.hash, now), undefined)
        t.equal(await storage.tokens.findRefreshToken(wide.refreshToken.hash), undefined)
        t.equal(await redeem(elsewhere, narrow), 'consumed', 'nothing was spent')
        t.ok(await storage.tokens.findAccessToken(narrow.accessToken.hash, now))
      })

      await t.test(
        `${name} brings nothing of an approval that is gone, and one of somebody else’s is none`,
        async t => {
          const given = await approved()
          const redeem = await present(storage, given)
          await storage.clientUsers.revoke(given.client.id, given.sub, now)
          await storage.clientUsers.approve(
            given.client.id,
            fixtures.sub(),
            fixtures.approval({ scopes: SCOPES }),
            now,
          )
          t.equal(await redeem(elsewhere, issueFor(given, LEFT)), 'taken_back')
          await storage.clientUsers.approve(
            given.client.id,
            given.sub,
            fixtures.approval({ scopes: SCOPES }),
            now,
          )
          t.equal(await redeem(elsewhere, issueFor(given, LEFT)), 'consumed')
        },
      )

      await t.test(`${name} that is redeemed while a scope or all is taken back`, async t => {
        for (let round = 0; round < 20; round++) {
          const given = await approved()
          const redeem = await present(storage, given)
          const issue = issueFor(given, SCOPES)
          const { client, sub } = given
          const takeBack = (on: Storage) =>
            round % 4 < 2
              ? on.clientUsers.removeScope(client.id, sub, 'email', later(1))
              : on.clientUsers.revoke(client.id, sub, later(1))
          await race<unknown>(2, (on, racer) => (racer === round % 2 ? takeBack(on) : redeem(on, issue)))
          t.equal(await elsewhere.tokens.findAccessToken(issue.accessToken.hash, later(1)), undefined)
          t.equal(await elsewhere.tokens.isGrantLive(issue.grant.id, ['email']), false)
        }
      })
    }

    for (const [name, refresh] of Object.entries(REFRESHES)) {
      await t.test(`${name} brings no scope that was taken back, and what is left`, async t => {
        const given = await approved()
        const { grant, accessToken, refreshToken } = issueFor(given, SCOPES)
        await storage.tokens.issue({ grant, accessToken, refreshToken })
        await storage.clientUsers.removeScope(given.client.id, given.sub, 'email', later(1))
        const wide = fixtures.accessToken(grant)
        const narrow = fixtures.accessToken(grant, { scopes: LEFT })
        t.equal(await refresh(elsewhere, refreshToken, grant, wide), 'taken_back')
        const found = await storage.tokens.findRefreshToken(refreshToken.hash)
        t.strictSame(found?.token, refreshToken, 'nothing was spent')
        t.equal(found?.spent, false)
        t.match(await refresh(elsewhere, refreshToken, grant, narrow), /^(rotated|used)$/)
        t.ok(await storage.tokens.findAccessToken(narrow.hash, later(2)))
      })
    }

    await t.test('nor does a repeat of a rotation', async t => {
      const given = await approved()
      const { grant, accessToken, refreshToken } = issueFor(given, SCOPES)
      await storage.tokens.issue({ grant, accessToken, refreshToken })
      const rotate = (on: Storage, scopes: readonly string[]) => {
        const [token, successor] = [fixtures.accessToken(grant, { scopes }), fixtures.refreshToken(grant)]
        const sealed = { refreshToken: successor, sealedValue: 'sealed' }
        return on.tokens.rotateRefreshToken(refreshToken.hash, sealed, token, 10, now)
      }
      t.match(await rotate(storage, SCOPES), { outcome: 'rotated' })
      await storage.clientUsers.removeScope(given.client.id, given.sub, 'email', now)
      t.strictSame(await rotate(elsewhere, SCOPES), { outcome: 'taken_back' })
      t.strictSame(await rotate(elsewhere, LEFT), { outcome: 'repeated', sealedValue: 'sealed' })
    })
  },
}
