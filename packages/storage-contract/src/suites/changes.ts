import type { Address, Change, Storage } from '@xwms/core'
import type { Suite } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const { now, later } = fixtures

/** How long a notice may take. */
const A_SECOND_MS = 1000

/** A change as text: its kind and what it is about. */
function nameOf(change: Change): string {
  return Object.values(change).join(' ')
}

/** Hears a storage's notices. */
function ear(storage: Storage) {
  let heard: Change[] = []
  let wake = () => {}
  const stop = storage.changes.subscribe(change => {
    heard.push(change)
    wake()
  })
  return {
    stop,
    /** Listens until a change is told of, or for a second: the names of the changes since the last time. */
    async until(change: Change): Promise<string[]> {
      const deadline = Date.now() + A_SECOND_MS
      for (;;) {
        const names = heard.map(nameOf)
        const left = deadline - Date.now()
        if (names.includes(nameOf(change)) || left <= 0) {
          heard = []
          return names
        }
        await new Promise<void>(resolve => {
          wake = resolve
          setTimeout(resolve, left)
        })
      }
    },
  }
}

const ofClient = ({ id }: { readonly id: string }): Change => ({ kind: 'client', clientId: id })

export const changes: Suite = {
  name: 'change notices',
  async run(t, { storage, elsewhere }) {
    const client = await fixtures.storedClient(storage)
    const [secret, doomed] = [fixtures.secret(client), fixtures.secret(client)]
    const domain = fixtures.domain(client)
    await storage.clients.addSecret(doomed, undefined, fixtures.audit())

    const near = ear(storage)
    const far = ear(elsewhere)
    t.teardown(near.stop)
    t.teardown(far.stop)
    await storage.ready()
    await elsewhere.ready()
    t.equal(elsewhere.changes.isListening(), true)

    const { clients, workspaces } = storage
    const audit = fixtures.audit
    const workspace = await workspaces.find(client.workspaceId)
    const mortal = await fixtures.storedClient(storage)
    const unused = await fixtures.storedClient(storage, { source: 'document', createdAt: later(-60) })
    const happenings: readonly [string, Change, () => Promise<unknown>][] = [
      [
        'a client is updated',
        ofClient(client),
        () => clients.update(client, { ...client, enabled: false }, audit()),
      ],
      ['a secret is added', ofClient(client), () => clients.addSecret(secret, undefined, audit())],
      [
        'a secret is rotated',
        ofClient(client),
        () => clients.rotateSecret(fixtures.secret(client), later(60), audit()),
      ],
      [
        'a secret is revoked',
        ofClient(client),
        () => clients.revokeSecret(client.id, doomed.id, now, audit()),
      ],
      ['a domain is added', ofClient(client), () => clients.addDomain(domain, undefined, audit())],
      [
        'a domain is updated',
        ofClient(client),
        () => clients.updateDomain(domain, { ...domain, active: false }, audit()),
      ],
      [
        'a secret is linked',
        ofClient(client),
        () => clients.linkSecret(client.id, secret.id, domain.id, audit()),
      ],
      [
        'its workspace is updated',
        ofClient(client),
        async () =>
          workspace && workspaces.update(workspace, { ...workspace, planStatus: 'inactive' }, audit()),
      ],
      ['a client is deleted', ofClient(mortal), () => clients.delete(mortal.id, audit())],
      ['an unused client is removed', ofClient(unused), () => clients.removeUnused(now)],
    ]
    const told = (happening: string, change: Change, happen: () => Promise<unknown>) =>
      t.test(`both instances hear that ${happening}`, async t => {
        await happen()
        t.ok((await near.until(change)).includes(nameOf(change)), 'where it happened')
        t.ok((await far.until(change)).includes(nameOf(change)), 'elsewhere, within a second')
      })
    for (const [happening, change, happen] of happenings) await told(happening, change, happen)

    /** A grant of a user with its tokens. */
    async function issued(given: Parameters<typeof fixtures.grant>[1] = {}) {
      const issue = fixtures.issue(client, given)
      await storage.tokens.issue(issue)
      return { ...issue, change: { kind: 'grant', grantId: issue.grant.id } as const }
    }

    const plain = await issued()
    await told('a grant is revoked', plain.change, () => storage.tokens.revokeGrant(plain.grant.id, now))
    const narrowed = await issued()
    await told('a scope is taken back', narrowed.change, () =>
      storage.clientUsers.removeScope(client.id, narrowed.grant.sub ?? '', 'openid', now),
    )
    const { change: ofApproval, grant } = await issued()
    await told('an approval is revoked', ofApproval, () =>
      storage.clientUsers.revoke(client.id, grant.sub ?? '', now),
    )
    const rotated = await issued()
    const rotate = (at: Date) =>
      storage.tokens.rotateRefreshToken(
        rotated.refreshToken.hash,
        { refreshToken: fixtures.refreshToken(rotated.grant), sealedValue: 'sealed' },
        fixtures.accessToken(rotated.grant),
        10,
        at,
      )
    await rotate(now)
    await told('a refresh token is reused', rotated.change, () => rotate(later(60)))
    const code = await fixtures.storedCode(storage, client)
    const replayed = fixtures.grant(client)
    const issue = {
      grant: replayed,
      accessToken: fixtures.accessToken(replayed),
      refreshToken: undefined,
    }
    await storage.codes.consume(code.hash, now, issue)
    await told('a code is replayed', { kind: 'grant', grantId: replayed.id }, () =>
      storage.codes.consume(code.hash, now),
    )
    const session = fixtures.session()
    await storage.sessions.create(session)
    const ofSession = await issued({ sid: session.sid, scopes: ['openid'] })
    await told('a user signs out', ofSession.change, () => storage.sessions.logOut(session.idHash, now))
    const { accessToken } = await issued()
    await told('an access token is revoked', { kind: 'access_token', hash: accessToken.hash }, () =>
      storage.tokens.revokeAccessToken(accessToken.hash, now),
    )

    const sub = fixtures.sub()
    const ofUser = { kind: 'user', sub } as const
    const { addresses } = storage
    await told('an address is added', ofUser, () => addresses.create(sub, fixtures.addressFields(), now))
    const [address] = (await addresses.list(sub)) as [Address]
    await told('an address is updated', ofUser, () => addresses.update(address, { ...address, city: 'Łódź' }))
    await told('an address is removed', ofUser, () => addresses.delete(sub, address.id))

    const block = fixtures.block()
    const ofBlock = { kind: 'block', id: block.id } as const
    await told('a block is made', ofBlock, () => storage.blocks.add(block))
    await told('a block is lifted', ofBlock, () => {
      const failures = { purpose: 'none', origin: undefined, subject: undefined }
      return storage.blocks.lift(block.id, now, audit(), failures)
    })

    const key = fixtures.signingKey()
    await storage.keys.ensure([key], now)
    const [standing] = (await storage.keys.list(now)).filter(({ alg }) => alg === key.alg)
    const ofKey = { kind: 'signing_key', kid: standing?.kid ?? '' } as const
    const successor = fixtures.signingKey({ createdAt: later(1) })
    await told('a key gets a successor', ofKey, () =>
      storage.keys.succeed(ofKey.kid, later(60), successor, audit()),
    )
    await told('a key is retired', ofKey, () => storage.keys.retire(ofKey.kid, later(30), audit()))

    /** Writes the client as it is: that is a change as well. */
    async function changeAnyhow(): Promise<void> {
      const stored = await clients.find(client.id)
      if (stored !== undefined) await clients.update(stored, stored, audit())
    }

    /** What the other instance hears of `happen`: notices keep their order, so the marker's is the last. */
    async function heardOf(happen: () => Promise<unknown>): Promise<string[]> {
      await changeAnyhow()
      await far.until(ofClient(client))
      const marker = await fixtures.storedClient(storage)
      await far.until(ofClient(marker))
      await happen()
      await clients.update(marker, marker, audit())
      const names = await far.until(ofClient(marker))
      return names.filter(name => name !== nameOf(ofClient(marker)) && name !== nameOf(ofClient(client)))
    }

    await t.test('the use of a secret is not told of', async t => {
      t.strictSame(await heardOf(() => clients.touchSecrets([{ secretId: secret.id, at: later(5) }])), [])
    })

    await t.test('what is issued and used is not told of, nor what changes nothing', async t => {
      const happen = async () => {
        const { accessToken, refreshToken, grant } = await issued()
        const next = fixtures.accessToken(grant)
        await storage.tokens.useRefreshToken(refreshToken.hash, next, later(100), now)
        await storage.tokens.findAccessToken(accessToken.hash, now)
        await storage.tokens.revokeGrant(plain.grant.id, now)
        await storage.tokens.revokeAccessToken('unknown', now)
        await addresses.delete(sub, address.id)
      }
      t.strictSame(await heardOf(happen), [])
    })

    await t.test('what is outdated changes nothing, and is not told of', async t => {
      const still = await fixtures.storedClient(storage)
      const ofStill = fixtures.domain(still)
      await clients.addDomain(ofStill, undefined, audit())
      const owner = (await workspaces.find(still.workspaceId)) ?? fixtures.workspace()
      const place = await addresses.create(sub, fixtures.addressFields(), now)
      const happen = async () => {
        const outdated = { outcome: 'outdated' }
        t.strictSame(await clients.update({ ...still, name: '' }, still, audit()), outdated)
        t.strictSame(await clients.updateDomain({ ...ofStill, active: false }, ofStill, audit()), outdated)
        t.strictSame(await workspaces.update({ ...owner, name: '' }, owner, audit()), outdated)
        t.strictSame(await addresses.update({ ...place, name: '' }, place), outdated)
      }
      t.strictSame(await heardOf(happen), [])
    })

    await t.test('whoever has unsubscribed hears nothing more', async t => {
      const deaf = ear(elsewhere)
      deaf.stop()
      await changeAnyhow()
      t.ok((await far.until(ofClient(client))).includes(nameOf(ofClient(client))))
      t.strictSame(await deaf.until(ofClient(client)), [])
    })
  },
}
