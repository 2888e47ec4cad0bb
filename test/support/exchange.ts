import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import type { Test } from 'tap'

/** A listening server that ends with the test; answers its port. */
export async function listen(t: Test, listener: RequestListener): Promise<number> {
  const server = createServer(listener)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    return new Promise(resolve => server.close(resolve))
  })
  return (server.address() as AddressInfo).port
}

/** Sends bytes as they are and answers all that comes back until the connection ends, `reset` where it broke. */
export function exchange(port: number, request: string): Promise<string> {
  return new Promise(resolve => {
    const chunks: Buffer[] = []
    const socket = connect(port, '127.0.0.1', () => socket.write(request))
    const done = (end: string) => () => resolve(Buffer.concat(chunks).toString() + end)
    socket.on('data', chunk => chunks.push(chunk))
    socket.on('end', done(''))
    socket.on('error', done('reset'))
  })
}

/** The same of a client that looks at nothing before all of its request is gone. */
export function sendThenRead(port: number, request: string): Promise<string> {
  return new Promise(resolve => {
    const chunks: Buffer[] = []
    const socket = connect(port, '127.0.0.1').pause()
    socket.write(request, () => socket.resume())
    const done = (end: string) => () => resolve(Buffer.concat(chunks).toString() + end)
    socket.on('data', chunk => chunks.push(chunk))
    socket.on('end', done(''))
    socket.on('error', done('reset'))
  })
}

/** A request target as a whole request, after which the connection closes. */
export function get(target: string, method = 'GET'): string {
  return `${method} ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`
}

/** A POST request as it goes over the wire; the body as given, which may be less than the fields promise. */
export function post(target: string, fields: Readonly<Record<string, string>>, body: string): string {
  const head = Object.entries({ host: 'localhost', connection: 'close', ...fields }).map(field =>
    field.join(': '),
  )
  return `POST ${target} HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n${body}`
}
