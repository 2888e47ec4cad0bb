// One of several processes that serve the same XWMS from one database: `DATABASE_URL=… node server.ts <issuer> <grace>`.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { xwms } from '@xwms/express'
import { postgres } from '@xwms/storage-kysely'
import express from 'express'
import { answerQuestions } from '../bench/child.ts'

const [issuer = '', graceSeconds = ''] = process.argv.slice(2)
const quiet = () => {}
const auth = xwms({
  issuer,
  storage: postgres({ connectionString: process.env.DATABASE_URL, maxConnections: 8 }),
  lifetimes: { refreshGraceSeconds: Number(graceSeconds) },
  logger: {
    debug: quiet,
    info: quiet,
    warn: quiet,
    error: (fields, message) => console.error(message, fields),
  },
})
const app = express()
app.use(auth)
await auth.ready()
const server = createServer(app)
await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
const { port } = server.address() as AddressInfo

answerQuestions({ port: () => port }, async () => {
  server.closeAllConnections()
  server.close()
  await auth.close()
})
