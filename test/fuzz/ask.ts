import { Agent, type IncomingHttpHeaders, request as send } from 'node:http'
import { ISSUER } from './introduction.ts'

/** A request that is meant well. */
export interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly form?: readonly (readonly [name: string, value: string])[]
  readonly json?: object
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

const agent = new Agent({ keepAlive: true })

/** Asks the server under the name that the world knows it by, which `fetch` would not. */
export function ask(url: string, path: string, asked: Asked = {}): Promise<Answer> {
  const { method, headers, form, json } = asked
  const body = form
    ? new URLSearchParams(form.map(([...pair]) => pair)).toString()
    : json && JSON.stringify(json)
  const type = form ? 'application/x-www-form-urlencoded' : 'application/json'
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const request = send(
      {
        agent,
        hostname,
        port,
        path,
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        headers: {
          host: new URL(ISSUER).host,
          ...(body !== undefined && { 'content-type': type, 'content-length': Buffer.byteLength(body) }),
          ...headers,
        },
      },
      async response => {
        let text = ''
        for await (const chunk of response.setEncoding('utf8')) text += chunk
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text })
      },
    )
    request.on('error', (error: NodeJS.ErrnoException) => {
      // The server had closed the connection, which had long been idle, before it could read the request.
      if (request.reusedSocket && error.code === 'ECONNRESET') resolve(ask(url, path, asked))
      else reject(error)
    })
    request.end(body)
  })
}

/** @throws {Error} when the status is another one */
export async function askFor<Body>(url: string, path: string, status: number, asked: Asked): Promise<Body> {
  const answer = await ask(url, path, asked)
  if (answer.status !== status)
    throw new Error(`${path} answered ${answer.status}: ${answer.text.slice(0, 2000)}`)
  return JSON.parse(answer.text) as Body
}
