// One of several processes that race: gets ready, waits for the others, then does its share at once and tells what came
// of it. Started by processes.test.ts.
import { updateWorkspace, type WorkspaceChanges } from '@xwms/core'
import { postgres } from '../../src/index.ts'

const [url = '', race, name = '', times = '1', racer = '0'] = process.argv.slice(2)
const storage = postgres(url)
const now = new Date('2026-03-14T15:09:26.535Z')

/** Each racer's own member. */
function changeOf(turn: number): WorkspaceChanges {
  if (racer === '0') return { name: String(turn) }
  return racer === '1' ? { monthlyRequestCap: turn } : { monthlySpendCapNanoEuro: turn }
}

async function attempt(turn: number): Promise<string> {
  if (race === 'code') return (await storage.codes.consume(name, now)).outcome
  if (race === 'workspace') {
    const environment = { storage, plans: {}, scopes: undefined, now, actor: racer, ip: undefined }
    await updateWorkspace(environment, name, changeOf(turn))
    return 'updated'
  }
  const window = { windowStart: now, windowEnd: new Date(now.getTime() + 60_000) }
  const { admitted } = await storage.limits.admit([
    { key: `${name} wide`, limit: 1_000_000, ...window },
    { key: name, limit: 100, ...window },
  ])
  return admitted ? 'admitted' : 'refused'
}

await storage.ready()
process.once('message', async () => {
  const outcomes = await Promise.all(Array.from({ length: Number(times) }, (_, index) => attempt(index + 1)))
  process.send?.(outcomes)
  await storage.close()
  process.disconnect()
})
process.send?.('ready')
