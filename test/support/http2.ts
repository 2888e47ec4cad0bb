import type { RequestListener } from 'node:http'
import {
  type ClientHttp2Stream,
  connect,
  createServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

/** What came back of a request, and how its stream ended. */
export interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** `undefined` where the answer is whole. */
  readonly broken: string | undefined
}

/** One connection to a server that listens for HTTP/2; both end with the test. */
export interface Connection {
  /** Sends a request without a body and leaves the answer to whoever asks. */
  open(headers?: OutgoingHttpHeaders): ClientHttp2Stream
  /** Sends one and waits for its whole answer. */
  call(headers?: OutgoingHttpHeaders): Promise<Answer>
}

/** Serves HTTP/2 without TLS, as what is behind a proxy does. */
export async function connectHttp2(t: Test, listener: RequestListener): Promise<Connection> {
  const server = createServer((request: Http2ServerRequest, response: Http2ServerResponse) =>
    // Frameworks take them for those of HTTP/1.
    listener(...([request, response] as unknown as Parameters<RequestListener>)),
  )
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  t.teardown(async () => {
    session.destroy()
    await new Promise(resolve => server.close(resolve))
  })
  return {
    open: headers => session.request(headers),
    call: headers => answerOf(session.request(headers)),
  }
}

function answerOf(stream: ClientHttp2Stream): Promise<Answer> {
  return new Promise(resolve => {
    const chunks: Buffer[] = []
    let headers: IncomingHttpHeaders & { ':status'?: number } = {}
    let broken: string | undefined
    stream
      .on('response', received => {
        headers = received
      })
      .on('data', chunk => chunks.push(chunk))
      .on('error', error => {
        broken = error.message
      })
      .on('close', () => {
        const body = Buffer.concat(chunks).toString()
        resolve({ status: headers[':status'], headers, body, broken })
      })
  })
}
