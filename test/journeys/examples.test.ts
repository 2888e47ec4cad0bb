import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Kit } from '@xwms/core'
import t from 'tap'
import { createApp as createExpressApp } from '../../examples/express-guard.ts'
import { createApp as createKoaApp } from '../../examples/koa-guard.ts'
import { seed } from '../support/seed.ts'
import { startExample } from '../support/started-example.ts'

/** What an example makes, in terms that both frameworks share, and the route that it guards. */
const EXAMPLES: Record<string, () => { kit: Kit; listener: RequestListener; path: string; route: string }> = {
  'express-guard'() {
    const { app, auth } = createExpressApp({ logger: SILENT })
    return { kit: auth.kit, listener: app, path: '/orders/1', route: 'GET /orders/:id' }
  },
  'koa-guard'() {
    const { app, auth } = createKoaApp({ logger: SILENT })
    return { kit: auth.kit, listener: app.callback(), path: '/orders', route: 'GET /orders' }
  },
}

const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

for (const [name, example] of Object.entries(EXAMPLES)) {
  t.test(`the example ${name} guards and meters its route`, async t => {
    const { kit, listener, path, route } = example()
    const server = createServer(listener)
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    t.teardown(async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
      await kit.close()
    })
    const { headers, workspace } = await seed(kit)
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    t.equal((await fetch(url + path)).status, 401)
    const response = await fetch(url + path, { headers })
    t.equal(response.status, 200)
    t.match(await response.json(), { for: 'Paper Shop' })
    const query = { workspaceId: workspace.id, from: new Date(0), to: new Date('2999-01-01') }
    t.match(await kit.config.storage.usage.events(query, 10), [{ route, status: 200 }])
  })

  t.test(`the example ${name}, started, prints the line that calls it`, async t => {
    const { port, said } = await startExample(t, name, 'curl ')
    const line = said.at(-1) ?? ''
    const [, url = ''] = /^curl (\S+)/.exec(line) ?? []
    t.equal(new URL(url).port, String(port))
    const headers = [...line.matchAll(/ -H '([^:]+): ([^']+)'/g)].map(
      ([, name = '', value = '']): [string, string] => [name, value],
    )
    const response = await fetch(url, { headers })
    t.equal(response.status, 200)
    t.match(await response.json(), { for: 'Paper Shop' })
  })
}
