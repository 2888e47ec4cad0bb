// One of several processes that guard the same route over one database: `DATABASE_URL=… node guarded-server.ts <plans as JSON>`.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { xwms } from '@xwms/express'
import { postgres } from '@xwms/storage-kysely'
import express from 'express'
import { answerQuestions } from '../bench/child.ts'

const quiet = () => {}
const auth = xwms({
  issuer: 'http://localhost:4711',
  storage: postgres({ connectionString: process.env.DATABASE_URL, maxConnections: 4 }),
  plans: JSON.parse(process.argv[2] ?? '{}'),
  logger: {
    debug: quiet,
    info: quiet,
    warn: quiet,
    error: (fields, message) => console.error(message, fields),
  },
})
const app = express()
// The tests say that they came over HTTPS, as they would behind a proxy: live requests are billed.
app.set('trust proxy', 'loopback')
app.use(auth)
app.get('/orders', auth.protect(), (_request, response) => void response.json([]))
await auth.ready()
const server = createServer(app)
await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
const { port } = server.address() as AddressInfo

answerQuestions({ port: () => port }, async () => {
  server.closeAllConnections()
  server.close()
  await auth.close()
})
