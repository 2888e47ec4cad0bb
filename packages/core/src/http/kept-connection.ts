import type { ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { http2Stream } from './http2.ts'

/** What holds a response back. */
export interface Holder {
  /** Whether an answer is given that has yet to leave. */
  readonly waits: boolean
  /** Has the connection closed when the answer has left. */
  closeOnceAnswered(): void
}

/** Where a response names its holder. */
export const HOLDER = Symbol('xwms.holder')

/** A connection; the response that it carries at this moment is Node's own field. */
interface CarryingSocket extends Socket {
  readonly _httpMessage?: (ServerResponse & { readonly [HOLDER]?: Holder | undefined }) | null
}

/**
 * Has the connection of a response that is held closed only once the answer has left, whoever closes it. Express cuts the connection
 * where something fails after an answer was given: it takes it for sent, as without a guard it nearly always is.
 */
export function keepConnection(response: ServerResponse): void {
  if (http2Stream(response) !== undefined) return
  const { socket } = response.req
  // Whoever put a function of its own there may have reasons.
  if (socket?.destroy === Socket.prototype.destroy)
    socket.destroy = destroyOnceAnswered as typeof socket.destroy
}

function destroyOnceAnswered(this: CarryingSocket, error?: Error): Socket {
  const holder = this._httpMessage?.[HOLDER]
  if (error !== undefined || !holder?.waits) return Socket.prototype.destroy.call(this, error)
  holder.closeOnceAnswered()
  return this
}
