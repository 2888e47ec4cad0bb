import autocannon from 'autocannon'
import express from 'express'
import { xwms } from '@xwms/express'
import { seed } from './seed.ts'
const auth = xwms({ logger: { debug() {}, info() {}, warn() {}, error() {} }, plans: { e: { title: 'e', monthlyFeeNanoEuro: 0, clients: undefined, domains: undefined, members: undefined, secrets: undefined, includedRequests: 1, hardCap: false, rateLimit: undefined } } as never })
const app = express()
app.get('/bare', (_q, r) => void r.json({ ok: 1 }))
app.get('/guarded', auth.protect(), (_q, r) => void r.json({ ok: 1 }))
const s = await seed(auth.kit)
auth.kit.config.storage.usage.append = async () => {}
const server = app.listen(0, async () => {
  const port = (server.address() as { port: number }).port
  for (const path of ['/bare', '/guarded', '/bare', '/guarded']) {
    const r = (await autocannon({ url: `http://127.0.0.1:${port}${path}`, connections: 64, duration: 4, headers: s.headers } as never)) as never as { requests: { average: number }; non2xx: number }
    console.log(path, r.requests.average, 'req/s', (1e6 / r.requests.average).toFixed(1), 'us', r.non2xx)
  }
  process.exit()
})
