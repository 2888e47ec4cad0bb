import { connect, type Socket } from 'node:net'
import type { Wire } from './draft.ts'

/** What came back for a request. */
export type Outcome =
  | {
      readonly kind: 'answer'
      readonly status: number
      /** The status line and the fields. */
      readonly head: string
      readonly body: string
      /** Bytes that came after the answer although nothing had been asked. */
      readonly surplus: number
    }
  /** The server closed the connection instead of answering. */
  | { readonly kind: 'closed' }
  /** No answer in time. */
  | { readonly kind: 'silence' }

const HEAD_END = Buffer.from('\r\n\r\n')

/** How long a complete request may wait for its answer: longer than a busy machine lets a niced server stand still. */
const ANSWER_MS = 60_000
/** How long a request that may have no end is waited for before we close. */
const PATIENCE_MS = 100

/** One connection to the server, kept alive for as long as both sides want it, and opened anew when they do not. */
export class Connection {
  readonly #port: number
  #socket: Socket | undefined
  #received: Buffer = Buffer.alloc(0)
  /** Settles what is being waited for. */
  #onChange: () => void = () => {}
  #closed = false

  constructor(port: number) {
    this.#port = port
  }

  /** Sends a request and waits for what comes back: one answer at most. */
  exchange({ bytes, complete }: Wire): Promise<Outcome> {
    const socket = this.#open()
    const withoutBody = bytes.subarray(0, 5).equals(HEAD_METHOD)
    return new Promise(resolve => {
      const timer = setTimeout(() => done({ kind: 'silence' }), complete ? ANSWER_MS : PATIENCE_MS)
      const done = (outcome: Outcome) => {
        clearTimeout(timer)
        this.#onChange = () => {}
        const over = outcome.kind !== 'answer' || !complete || /\r\nconnection: close/i.test(outcome.head)
        if (over) this.close()
        resolve(outcome)
      }
      this.#onChange = () => {
        const answer = readAnswer(this.#received, withoutBody, this.#closed)
        if (answer) done(answer)
        else if (this.#closed) done({ kind: 'closed' })
      }
      socket.write(bytes)
    })
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = undefined
  }

  #open(): Socket {
    this.#received = Buffer.alloc(0)
    if (this.#socket && !this.#closed) return this.#socket
    this.#closed = false
    const socket = connect(this.#port, '127.0.0.1').setNoDelay()
    this.#socket = socket
    socket.on('data', chunk => {
      if (socket !== this.#socket) return
      this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
      this.#onChange()
    })
    // A reset tells no more than the close that follows it.
    socket.on('error', () => {})
    socket.on('close', () => {
      if (socket !== this.#socket) return
      this.#closed = true
      this.#onChange()
    })
    return socket
  }
}

const HEAD_METHOD = Buffer.from('HEAD ')

/** The answer at the beginning of `received`, once it is whole; interim ones (RFC 9110 section 15.2) are passed over. */
function readAnswer(received: Buffer, withoutBody: boolean, closed: boolean): Outcome | undefined {
  const headEnd = received.indexOf(HEAD_END)
  if (headEnd === -1) return undefined
  const head = received.toString('latin1', 0, headEnd)
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1])
  const rest = received.subarray(headEnd + HEAD_END.length)
  if (status >= 100 && status < 200) return readAnswer(rest, withoutBody, closed)
  const length = withoutBody || status === 204 || status === 304 ? 0 : bodyLength(head, rest, closed)
  if (length === undefined || rest.length < length) return undefined
  return {
    kind: 'answer',
    status,
    head,
    body: rest.toString('utf8', 0, length),
    surplus: rest.length - length,
  }
}

/** How many of the bytes are the body (RFC 9112 section 6.3), or `undefined` while nobody can say. */
function bodyLength(head: string, rest: Buffer, closed: boolean): number | undefined {
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
  if (length !== undefined) return Number(length)
  if (/\r\ntransfer-encoding: chunked/i.test(head)) return chunkedLength(rest)
  return closed ? rest.length : undefined
}

function chunkedLength(rest: Buffer): number | undefined {
  for (let at = 0; ; ) {
    const lineEnd = rest.indexOf('\r\n', at)
    if (lineEnd === -1) return undefined
    const size = Number.parseInt(rest.toString('latin1', at, lineEnd), 16)
    at = lineEnd + 2 + size + 2
    if (size === 0 || Number.isNaN(size)) return at
  }
}
