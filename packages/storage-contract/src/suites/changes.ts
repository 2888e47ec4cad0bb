import type { Change, Storage } from '@xwms/core'
import type { Suite } from '../arena.ts'
import { fixtures } from '../fixtures.ts'

const { now, later } = fixtures

/** How long a notice may take. */
const A_SECOND_MS = 1000

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
    /** Listens until the client is named, or for a second: the ids of the clients that were named since the last time. */
    async until(clientId: string): Promise<string[]> {
      const deadline = Date.now() + A_SECOND_MS
      for (;;) {
        const names = heard.flatMap(change => (change.kind === 'client' ? change.clientId : []))
        const left = deadline - Date.now()
        if (names.includes(clientId) || left <= 0) {
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
    const happenings: readonly [string, () => Promise<unknown>][] = [
      ['the client is updated', () => clients.update({ ...client, enabled: false }, audit())],
      ['a secret is added', () => clients.addSecret(secret, undefined, audit())],
      ['a secret is rotated', () => clients.rotateSecret(fixtures.secret(client), later(60), audit())],
      ['a secret is revoked', () => clients.revokeSecret(client.id, doomed.id, now, audit())],
      ['a domain is added', () => clients.addDomain(domain, undefined, audit())],
      ['a domain is updated', () => clients.updateDomain({ ...domain, active: false }, audit())],
      ['a secret is linked', () => clients.linkSecret(client.id, secret.id, domain.id, audit())],
      [
        'its workspace is updated',
        async () => workspace && workspaces.update({ ...workspace, planStatus: 'inactive' }, audit()),
      ],
    ]
    for (const [happening, happen] of happenings)
      await t.test(`both instances hear that ${happening}`, async t => {
        await happen()
        t.ok((await near.until(client.id)).includes(client.id), 'where it happened')
        t.ok((await far.until(client.id)).includes(client.id), 'elsewhere, within a second')
      })

    await t.test('the use of a secret is not told of', async t => {
      const other = await fixtures.storedClient(storage)
      await far.until(other.id)
      await clients.touchSecrets([{ secretId: secret.id, at: later(5) }])
      await clients.update(other, audit())
      // Notices keep their order: one about the touch would have come before this one.
      t.strictSame([...new Set(await far.until(other.id))], [other.id])
    })

    await t.test('whoever has unsubscribed hears nothing more', async t => {
      const deaf = ear(elsewhere)
      deaf.stop()
      await clients.update(client, audit())
      t.ok((await far.until(client.id)).includes(client.id))
      t.strictSame(await deaf.until(client.id), [])
    })
  },
}
