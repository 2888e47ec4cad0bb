import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Load, summariseLoad } from './cannon.ts'

/** What is asked for, again and again. */
export interface Target {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** The one right answer, with status 200. */
  readonly body: string
  readonly connections: number
}

/** How long stragglers of the turn before may take; they must not count for this one. */
const QUIET_MS = 50
/** Room for more than one whole answer. */
const BUFFER_BYTES = 4096
/** How long an answer may take. */
const PATIENCE_MS = 10_000

/**
 * Asks for the target over and over, on keep-alive connections that each send their next request when they have their answer; in
 * the end it waits for the answers that are due. Written on sockets, because it shares a core with PostgreSQL: a request costs it a
 * third of what it costs a client that parses whatever comes.
 * @throws {Error} with the first answer that was not the right one
 */
export async function load(target: Target, seconds: number): Promise<Load> {
  await sleep(QUIET_MS)
  const durations: number[] = []
  const until = performance.now() + seconds * 1000
  const started = performance.now()
  await Promise.all(Array.from({ length: target.connections }, () => askUntil(target, until, durations)))
  return summariseLoad(durations, (performance.now() - started) / 1000)
}

/** One connection. Resolves when it has its last answer. */
function askUntil({ url, headers, body }: Target, until: number, durations: number[]): Promise<void> {
  const { host, hostname, port, pathname } = new URL(url)
  const fields = Object.entries({ host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  const request = Buffer.from(`GET ${pathname} HTTP/1.1\r\n${fields.join('')}\r\n`)
  const rightBody = Buffer.from(`\r\n\r\n${body}`)

  return new Promise((resolve, reject) => {
    let askedAt = 0
    let received = 0
    const buffer = Buffer.allocUnsafe(BUFFER_BYTES)
    const socket = connect({
      host: hostname,
      port: Number(port),
      noDelay: true,
      onread: { buffer: () => buffer.subarray(received), callback: take },
    })
    const fail = (what: string) => {
      socket.destroy()
      reject(new Error(`${url} ${what}`))
    }
    const ask = () => {
      askedAt = performance.now()
      socket.write(request)
    }

    function take(bytes: number): boolean {
      received += bytes
      const bodyAt = received - rightBody.length
      const isRight =
        bodyAt >= RIGHT_STATUS.length &&
        RIGHT_STATUS.compare(buffer, 0, RIGHT_STATUS.length) === 0 &&
        rightBody.compare(buffer, bodyAt, received) === 0
      if (isRight) answered()
      else if (received === BUFFER_BYTES || isWhole(buffer.toString('latin1', 0, received)))
        fail(`gave a wrong answer: ${buffer.toString('utf8', 0, received)}`)
      return true
    }

    function answered(): void {
      const now = performance.now()
      durations.push(now - askedAt)
      received = 0
      if (now < until) {
        ask()
      } else {
        askedAt = 0
        socket.end()
      }
    }

    socket
      .setTimeout(PATIENCE_MS, () => fail(`gave no answer within ${PATIENCE_MS / 1000} seconds.`))
      .on('connect', ask)
      .on('error', error => fail(`could not be asked: ${error.message}`))
      .on('close', () => (askedAt === 0 ? resolve() : fail('closed a connection without an answer.')))
  })
}

const RIGHT_STATUS = Buffer.from('HTTP/1.1 200 ')

/** Whether as much has come as the header of an answer says. */
function isWhole(text: string): boolean {
  const bodyAt = text.indexOf('\r\n\r\n') + 4
  const length = /^content-length: *(\d+)/im.exec(text.slice(0, bodyAt))?.[1]
  return bodyAt >= 4 && length !== undefined && text.length >= bodyAt + Number(length)
}
