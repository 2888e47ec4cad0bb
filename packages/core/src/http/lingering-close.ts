import type { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'

/** How long, and how much, a connection that is to close is still read. */
export interface Patience {
  /** Without a byte. */
  readonly idleMs: number
  readonly ms: number
  readonly bytes: number
}

/** A client that stops once it sees the answer stops well before this. */
const PATIENCE: Patience = { idleMs: 2000, ms: 10_000, bytes: 64 * 1024 * 1024 }

/**
 * Has the answer to a request reach whoever is still sending its body, also where the connection closes after it. Node would
 * close with what has come unread, and the kernel then resets the connection, which takes from the client what it has not
 * read yet: the answer. So only our half is closed; what still comes is thrown away, within bounds, until the client closes
 * the other half (RFC 9112 section 9.6). To be called before the answer is sent.
 */
export function lingerOnClose(request: IncomingMessage, patience = PATIENCE): void {
  const { socket, complete, httpVersionMajor } = request
  if (complete || httpVersionMajor !== 1 || !(socket instanceof Socket)) return
  const undo = () => Reflect.deleteProperty(socket, 'destroySoon')
  // What Node calls once the last answer of a connection is written.
  socket.destroySoon = () => {
    undo()
    if (request.complete || socket.destroyed) socket.destroySoon()
    else linger(socket, patience)
  }
  request.once('close', undo)
}

function linger(socket: Socket, patience: Patience): void {
  socket.end()
  // Node may have stopped to read while nobody took the body. Its parser starts again with this, and a turn later it is gone.
  socket.resume()
  process.nextTick(discard, socket, patience)
}

function discard(socket: Socket, { idleMs, ms, bytes }: Patience): void {
  if (socket.destroyed) return
  const giveUp = () => socket.destroy()
  const deadline = setTimeout(giveUp, ms).unref()
  let left = bytes
  socket
    // Nothing of what comes is a request (RFC 9112 section 9.6), so the parser shall not see it.
    .removeAllListeners('data')
    .removeAllListeners('end')
    .on('data', (chunk: Uint8Array) => {
      left -= chunk.byteLength
      if (left < 0) giveUp()
    })
    .once('end', giveUp)
    .once('close', () => clearTimeout(deadline))
    .setTimeout(idleMs, giveUp)
}
