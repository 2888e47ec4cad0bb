import { connect } from 'node:net'
import { addDomain, type XwmsOptions } from '@xwms/core'
import type { Test } from 'tap'
import { until } from './eventually.ts'
import { type MountedOn, OPTIONS } from './mounted.ts'

/** As many requests are under way before others wait, under so small a cap. */
const UNDER_WAY = 8
const LEAVING = 20

/** A request that somebody sent. */
export interface SentRequest {
  leave(): void
  /** Its status. */
  readonly answered: Promise<number | undefined>
}

/** What the routes of an application do whose requests wait under a cap: `/slow` goes on until it is let go, `/quick` does not. */
export class WaitingRoutes {
  readonly options: XwmsOptions
  /** The paths whose handlers ran. */
  readonly ran: string[] = []
  readonly #sockets: { readonly destroyed: boolean }[] = []
  readonly #end = Promise.withResolvers<void>()

  constructor(t: Test) {
    const logger = {
      ...OPTIONS.logger,
      debug() {},
      info() {},
      warn() {},
      error: (...line: unknown[]) => t.fail('', { line }),
    }
    const plan = { title: 'Tight', monthlyFeeNanoEuro: 0, includedRequests: 30, hardCap: true }
    this.options = { logger, plans: { tight: plan } }
  }

  /** A request is about to meet the guard. */
  comes({ socket }: { readonly socket: { readonly destroyed: boolean } }): void {
    this.#sockets.push(socket)
  }

  async handle(path: string): Promise<void> {
    this.ran.push(path)
    if (path === '/slow') await this.#end.promise
  }

  /**
   * Eight slow requests are under way, others wait and leave, then the eight end.
   * @param perCaller how many requests `send` sends for one path
   */
  async leaveWhileWaiting(
    t: Test,
    host: Pick<MountedOn<never>, 'environment' | 'client' | 'headers' | 'events'>,
    send: (path: string, headers: Readonly<Record<string, string>>) => SentRequest,
    perCaller = 1,
  ): Promise<void> {
    await addDomain(host.environment, { clientId: host.client.id, host: 'live.example.com', mode: 'live' })
    const headers = { ...host.headers, 'x-client-domain': 'live.example.com', 'x-forwarded-proto': 'https' }
    const callers = (path: string, count: number) => Array.from({ length: count }, () => send(path, headers))

    const slow = callers('/slow', UNDER_WAY / perCaller)
    await until(() => this.ran.length === UNDER_WAY)
    const leaving = callers('/quick', LEAVING)
    await until(() => this.#sockets.length === UNDER_WAY + LEAVING * perCaller)
    for (const caller of leaving) caller.leave()
    await until(() => this.#sockets.slice(UNDER_WAY).every(({ destroyed }) => destroyed))
    this.#end.resolve()
    for (const { answered } of slow) t.equal(await answered, 200)
    t.equal(await send('/quick', headers).answered, 200)
    await until(async () => (await host.events()).length === UNDER_WAY + perCaller)
    t.strictSame(this.ran, [...Array(UNDER_WAY).fill('/slow'), ...Array(perCaller).fill('/quick')])
    t.ok((await host.events()).every(({ status }) => status === 200))
  }
}

/** Sends two requests at once over one connection, of which the second does not wait for the answer to the first. */
export function sendTwo(port: number) {
  return (path: string, headers: Readonly<Record<string, string>>): SentRequest => {
    const fields = Object.entries({ host: 'localhost', ...headers }).map(field => field.join(': '))
    const request = `GET ${path} HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n`
    const socket = connect(port, '127.0.0.1', () => socket.write(request.repeat(2)))
    const answered = new Promise<number | undefined>(resolve => {
      let received = ''
      socket.on('data', chunk => {
        received += chunk
        const statuses = [...received.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status))
        if (statuses.length < 2) return
        socket.destroy()
        resolve(statuses[0] === statuses[1] ? statuses[0] : undefined)
      })
    })
    return { leave: () => socket.destroy(), answered }
  }
}
