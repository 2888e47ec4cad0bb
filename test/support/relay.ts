import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** Stands between a program and PostgreSQL, for a test that takes PostgreSQL away from this program alone. */
export interface Relay {
  /** The database's URL, by way of the relay. */
  readonly url: string
  /** Breaks every connection, and refuses new ones until {@link Relay.resume}. */
  interrupt(): Promise<void>
  resume(): Promise<void>
}

/** Listens on this machine alone. End it with `interrupt`. */
export async function startRelay(databaseUrl: string): Promise<Relay> {
  const target = new URL(databaseUrl)
  const open = new Set<Socket>()
  let server: Server | undefined
  let port = 0

  function relay(program: Socket): void {
    const database = connect(Number(target.port), target.hostname)
    for (const [one, other] of [
      [program, database],
      [database, program],
    ] as const) {
      open.add(one)
      one.pipe(other)
      // The end of one is the end of the other, which is all that it is told.
      one.on('error', () => {})
      one.on('close', () => {
        open.delete(one)
        other.destroy()
      })
    }
  }

  async function resume(): Promise<void> {
    server = createServer(relay).listen(port, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  }

  await resume()
  const url = new URL(databaseUrl)
  url.hostname = '127.0.0.1'
  url.port = String(port)
  return {
    url: url.href,
    resume,
    async interrupt() {
      const closed = new Promise(resolve => server?.close(resolve))
      for (const socket of open) socket.destroy()
      await closed
    },
  }
}
