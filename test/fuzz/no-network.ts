// Keeps the process on this machine: addresses in malformed requests lead anywhere. Import it before anything else.

import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import { isIP, Socket } from 'node:net'

const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/

/** The database may be elsewhere, when its address was given. */
const database = process.env.DATABASE_URL ? new URL(process.env.DATABASE_URL).hostname : undefined

function mayBeCalled(host: string): boolean {
  return host === database || (isIP(host) === 0 ? host === 'localhost' : LOOPBACK.test(host))
}

const { lookup } = dns
const { connect } = Socket.prototype

/** Names that are not this machine's are unknown here, and nobody is asked for them. */
function lookupHere(name: string, ...rest: unknown[]): void {
  const callback = rest.at(-1) as (error: Error) => void
  if (mayBeCalled(name)) Reflect.apply(lookup, dns, [name, ...rest])
  else process.nextTick(callback, Object.assign(new Error(`${name} is not looked up`), { code: 'ENOTFOUND' }))
}

/** Addresses need no looking up. */
function connectHere(this: Socket, ...args: unknown[]): Socket {
  const [first] = args.flat()
  const { host, path } = (typeof first === 'object' ? first : {}) as { host?: string; path?: string | null }
  // A path is a socket of this machine's; names are looked up, above.
  const isHere = typeof path === 'string' || host === undefined || isIP(host) === 0 || mayBeCalled(host)
  if (isHere) return Reflect.apply(connect, this, args)
  return this.destroy(Object.assign(new Error(`${host} is not called`), { code: 'ENETUNREACH' }))
}

Object.assign(dns, { lookup: lookupHere })
Object.assign(Socket.prototype, { connect: connectHere })
syncBuiltinESMExports()
