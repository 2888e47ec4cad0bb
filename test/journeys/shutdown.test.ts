// A host that ends in order closes its server first: requests under way get their answers, those whose usage is still being
// written as well.
import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Storage } from '@xwms/core'
import { memory } from '@xwms/storage-memory'
import t from 'tap'
import { FRAMEWORKS } from '../support/host.ts'
import { seed } from '../support/seed.ts'

const quiet = () => {}
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet }

for (const [framework, createHost] of Object.entries(FRAMEWORKS)) {
  t.test(`closing the server cuts no answer off that waits for its commit (${framework})`, async t => {
    const moments = new EventEmitter()
    const writing = once(moments, 'writing')
    const mayWrite = once(moments, 'may write')
    const kept = memory()
    const append: Storage['usage']['append'] = async batch => {
      moments.emit('writing')
      await mayWrite
      return kept.usage.append(batch)
    }
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { kit, listener } = createHost({
      prefix: '',
      protect: { route: 'GET /orders' },
      kit: { issuer: origin, storage: { ...kept, usage: { ...kept.usage, append } }, logger },
    })
    server.on('request', listener)
    t.teardown(() => kit.close())
    const { headers, client } = await seed(kit)

    const asked = fetch(`${origin}/orders`, { headers })
    await writing
    const closed = new Promise(resolve => server.close(resolve))
    // What server.close() does by itself, and impatient hosts do again.
    server.closeIdleConnections()
    await sleep(20)
    moments.emit('may write')
    const answer = await asked
    t.equal(answer.status, 200)
    t.match(await answer.json(), { client: client.name })
    await closed
  })
}
