import { createHash } from 'node:crypto'
import { postgres } from '@xwms/storage-kysely'
import type { Test } from 'tap'
import type { Shop } from './shop.ts'

/** A device that waits for its user; what is returned tells how that stands. */
export async function deviceWith(t: Test, shop: Shop, userCode: string): Promise<() => Promise<string>> {
  const storage = postgres(shop.databaseUrl)
  t.teardown(() => storage.close())
  const hash = createHash('sha256').update(`device ${userCode}`).digest('base64url')
  const now = new Date()
  await storage.deviceCodes.create({
    hash,
    userCodeHash: createHash('sha256').update(userCode).digest('base64url'),
    clientId: shop.xwms.clientId,
    scopes: ['orders:read'],
    parameters: {},
    intervalSeconds: 5,
    decision: undefined,
    createdAt: now,
    expiresAt: new Date(now.getTime() + 600_000),
  })
  return async () => (await storage.deviceCodes.poll(hash, new Date(Date.now() + 60_000))).outcome
}
