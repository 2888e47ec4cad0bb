// One contender in a process of its own. The first argument names it.
import { createServer } from 'node:http'
import { answerQuestions } from '../child.ts'
import { CONTENDERS, type Contender } from './contenders.ts'
import type { Mount, Mounted } from './mounted.ts'

/** What the server says of itself, once, before the load begins. */
export interface Introduction extends Pick<Mounted, 'paths' | 'client'> {
  readonly origin: string
}

/** Loaded by name, so that no contender has another one's modules in its process. */
const MOUNTS: Readonly<Record<Contender['server'], () => Promise<{ readonly mount: Mount }>>> = {
  express: () => import('./servers/express.ts'),
  'oidc-provider': () => import('./servers/oidc-provider.ts'),
  'better-auth': () => import('./servers/better-auth.ts'),
  xwms: () => import('./servers/xwms.ts'),
}

const contender = CONTENDERS.find(({ name }) => name === process.argv[2])
if (contender === undefined) throw new Error(`There is no contender ${process.argv[2]}.`)
const server = createServer()
await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
const address = server.address()
if (typeof address !== 'object' || address === null) throw new Error('The server has no port.')
const origin = `http://127.0.0.1:${address.port}`
const { mount } = await MOUNTS[contender.server]()
const databaseUrl = contender.storage === 'postgres' ? process.env.DATABASE_URL : undefined
const { listener, paths, client, close } = await mount({ origin, databaseUrl, cold: contender.cold === true })
server.on('request', listener)
const introduction: Introduction = { origin, paths, client }

answerQuestions(
  {
    introduction: () => introduction,
    /** Microseconds of all cores together since the start. */
    cpu: () => process.cpuUsage().user + process.cpuUsage().system,
  },
  async () => {
    server.closeAllConnections()
    server.close()
    await close()
  },
)
