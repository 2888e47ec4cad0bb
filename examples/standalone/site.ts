import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { StartError } from './start-error.ts'

/** A port of this machine that is ours, and what answers there. */
export interface Site {
  readonly url: string
  /** Answers from now on; until then, everybody is asked for patience. */
  serve(listener: RequestListener): void
  /** Takes no more requests, and resolves when those that are under way have ended. */
  close(): Promise<void>
}

/** `localhost` is two addresses, and which of them a program tries first is its own choice. */
const LOOPBACK = ['127.0.0.1', '::1']

/** How long requests that are under way may take when a site closes. */
const PATIENCE_MS = 2000

const starting: RequestListener = (_request, response) => {
  response.writeHead(503, { 'retry-after': '1', 'content-type': 'text/plain; charset=utf-8' })
  response.end('Starting. Try again in a moment.\n')
}

/**
 * Opens a port of this machine for this machine alone.
 * @param variable what sets the port, for the message
 * @throws {StartError} when somebody has it, or when we may not
 */
export async function openSite(port: number, variable: string): Promise<Site> {
  let listener = starting
  const servers: Server[] = []

  async function close(): Promise<void> {
    const closing = servers.filter(server => server.listening).map(closeServer)
    await Promise.all(closing)
  }

  for (const host of LOOPBACK) {
    const server = createServer((request, response) => listener(request, response))
    try {
      await once(server.listen(port, host), 'listening')
      servers.push(server)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      // A machine without IPv6.
      if (host === '::1' && (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT')) continue
      await close()
      throw refused(error as NodeJS.ErrnoException, port, variable)
    }
  }
  return {
    url: `http://localhost:${port}`,
    serve(given) {
      listener = given
    },
    close,
  }
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  const timer = setTimeout(() => server.closeAllConnections(), PATIENCE_MS)
  await closed
  clearTimeout(timer)
}

function refused(error: NodeJS.ErrnoException, port: number, variable: string): Error {
  if (error.code === 'EADDRINUSE') {
    return new StartError(`Port ${port} is taken. Stop what uses it, or set ${variable} to another port.`)
  }
  if (error.code === 'EACCES') {
    return new StartError(`Port ${port} may not be opened by this user. Set ${variable} to one above 1023.`)
  }
  return error
}
