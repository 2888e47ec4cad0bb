import { lookup as resolveName } from 'node:dns'
import {
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  Agent as PlainAgent,
  type RequestOptions,
} from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import type { Config } from '../config/config.ts'
import { OutboundError } from '../errors.ts'
import { isLoopbackHost } from '../lib/host.ts'
import { isPublicAddress } from '../lib/ip.ts'
import { webUrlProblem } from '../lib/web-url.ts'
import type { Outbound, OutboundAnswer } from './context.ts'

/** What is read of an answer that only its status is looked at. */
const MAX_POST_ANSWER_BYTES = 65_536

interface Asked {
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly maxBytes: number
}

/**
 * Makes the caller of other servers. Each address is looked at where the connection is made and nowhere else, so that a name
 * cannot answer with one address when it is checked and with another when it is used (DNS rebinding).
 */
export function createOutbound(options: Config['outbound']): Outbound {
  const { allowPrivateAddresses, ca, timeoutSeconds } = options
  const lookup = allowPrivateAddresses ? undefined : publicLookup
  const settings = { keepAlive: true, maxSockets: 32, maxFreeSockets: 8, timeout: timeoutSeconds * 1000 }
  const agent = new Agent({ ...settings, ...(ca !== undefined && { secureContext: trustRootsWith(ca) }) })
  const plainAgent = new PlainAgent(settings)

  async function call(address: string, asked: Asked): Promise<OutboundAnswer> {
    const url = checkedUrl(address, allowPrivateAddresses)
    const signal = AbortSignal.timeout(timeoutSeconds * 1000)
    try {
      const common: RequestOptions = { method: asked.method, headers: asked.headers, lookup, signal }
      return await (url.protocol === 'https:'
        ? exchange(settle => httpsRequest(url, { ...common, agent }, settle), asked)
        : exchange(settle => httpRequest(url, { ...common, agent: plainAgent }, settle), asked))
    } catch (error) {
      if (error instanceof OutboundError) throw error
      const reason = signal.aborted ? `took longer than ${timeoutSeconds} seconds` : reasonOf(error)
      throw new OutboundError(`${url.origin} cannot be called: ${reason}.`, { cause: error })
    }
  }

  return {
    async get(url, { accept, maxBytes }) {
      const answer = await call(url, { method: 'GET', headers: { accept, ...AGENT_HEADERS }, maxBytes })
      if (answer.status === 200) return answer
      throw new OutboundError(`${new URL(url).origin} answered with status ${answer.status} instead of 200.`)
    },
    post(url, form) {
      const body = form.toString()
      const headers = {
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': String(Buffer.byteLength(body)),
        ...AGENT_HEADERS,
      }
      return call(url, { method: 'POST', headers, body, maxBytes: MAX_POST_ANSWER_BYTES })
    },
    async close() {
      agent.destroy()
      plainAgent.destroy()
    },
  }
}

/**
 * `ca` would take the place of Node's own trust roots; further ones are wanted. Reading all of them takes 10 ms, which every
 * connection would cost anew.
 */
function trustRootsWith(ca: string): SecureContext {
  return createSecureContext({ ca: [...getCACertificates(), ca] })
}

/** No compression: a small answer must not become a large one. */
const AGENT_HEADERS = { 'accept-encoding': 'identity', 'user-agent': 'xwms' }

/** @throws {OutboundError} when the address is not one that may be called at all */
function checkedUrl(address: string, allowPrivateAddresses: boolean): URL {
  const problem = webUrlProblem(address)
  if (problem !== undefined) throw new OutboundError(`The address ${problem}.`)
  const url = new URL(address)
  if (url.protocol !== 'https:' && !(allowPrivateAddresses && isLoopbackHost(url.host))) {
    throw new OutboundError(`${url.origin} cannot be called: the address must begin with https://.`)
  }
  // A literal address is connected to without being looked up.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  if (!allowPrivateAddresses && isIP(host) !== 0 && !isPublicAddress(host)) throw refusedAddress(host)
  return url
}

/** Looks a name up, and refuses it when any of its addresses is not the public Internet's. */
const publicLookup: LookupFunction = (name, options, callback) => {
  resolveName(name, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, [])
    const refused = addresses.find(({ address }) => !isPublicAddress(address))
    if (refused) return callback(refusedAddress(name), [])
    const [first] = addresses
    if (options.all) callback(null, addresses)
    else callback(null, first?.address ?? '', first?.family)
  })
}

function refusedAddress(name: string): OutboundError {
  return new OutboundError(`${name} is not an address of the public Internet, so it is not called.`)
}

/** Sends a request and reads its answer, at most as much as was asked for. */
function exchange(
  open: (onResponse: (response: IncomingMessage) => void) => ClientRequest,
  { body, maxBytes }: Asked,
): Promise<OutboundAnswer> {
  return new Promise((resolve, reject) => {
    const request = open(response => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        size += chunk.byteLength
        chunks.push(chunk)
        if (size <= maxBytes) return
        reject(new OutboundError(`The answer of ${request.host} is larger than ${maxBytes} bytes.`))
        response.destroy()
      })
      response.on('error', reject)
      response.on('end', () => {
        const headers = Object.entries(response.headers).map(([name, value]) => [name, String(value)])
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(headers),
          body: Buffer.concat(chunks, size).toString('utf8'),
        })
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}

/** What went wrong in a word; names of errors are the same everywhere, their sentences are not. */
function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : error instanceof Error ? error.message : 'it failed'
}
