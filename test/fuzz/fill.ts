import { randomBytes, randomUUID } from 'node:crypto'
import type { MeteredRequest, RequestLogEntry, Storage } from '@xwms/core'

/**
 * The memory storage keeps so many events and entries. Once there are as many, of the size of those that will take their
 * places, what grows is something else.
 */
export async function fill({ usage, requestLog, clients }: Storage, clientId: string): Promise<void> {
  const at = new Date()
  const named = {
    at,
    workspaceId: `ws_${'x'.repeat(20)}`,
    clientId: `cl_${'x'.repeat(20)}`,
    domainId: `dom_${'x'.repeat(20)}`,
    route: 'POST /api/get/user/info',
  }
  for (let batch = 0; batch < 100; batch++) {
    const events = Array.from({ length: 1000 }, (): MeteredRequest => {
      const rest = { mode: 'test', sub: '1', status: 200, durationMs: 1, priceNanoEuro: 0 } as const
      return { ...named, ...rest, requestId: someId(), caller: undefined }
    })
    await usage.append({ id: randomUUID(), events, windows: [] })
  }
  const entries = Array.from({ length: 10_000 }, (): RequestLogEntry => {
    const request = {
      requestId: someId(),
      status: 403,
      durationMs: 1,
      ip: '127.0.0.1',
      userAgent: someId(),
    }
    return {
      id: someId(),
      ...named,
      ...request,
      refusedBy: 'domain_not_allowed',
      facts: { grant_id: someId(), scopes: ['openid', 'profile', 'email'], audience: [someId()] },
    }
  })
  await requestLog.append(entries)
  const client = await clients.find(clientId)
  if (client === undefined) return
  for (let index = 0; index < 1000; index++) {
    await clients.update(client, {
      id: `filling-${index}`,
      at,
      actor: clientId,
      action: 'client.updated',
      workspaceId: client.workspaceId,
      target: clientId,
      ip: '127.0.0.1',
      before: { ...client, createdAt: at.toISOString() },
      after: { ...client, createdAt: at.toISOString() },
    })
  }
}

/** As long as the real ones. */
function someId(): string {
  return randomBytes(18).toString('hex')
}
