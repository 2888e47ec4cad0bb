import { ServerResponse } from 'node:http'

/**
 * Makes a response look to the host as it does after `end`, though it has yet to leave: a second answer or a late header must not mix
 * with the first. What reads `headersSent` (error handling, timeouts) then does the right thing by itself.
 */
export function seal(response: ServerResponse): void {
  if (response instanceof ServerResponse) sealFields(response)
  else sealProperties(response)
}

/** Whether the seal has to be taken off for anything to be written. */
export function isSealed(response: ServerResponse): boolean {
  if (response instanceof ServerResponse) return (response as unknown as Fields)._header === SEALED
  return unsealed.has(response)
}

/** Takes the seal off, for the response to end. */
export function unseal(response: ServerResponse): void {
  if (response instanceof ServerResponse) unsealFields(response)
  else unsealProperties(response)
}

/**
 * The fields that Node's own `headersSent` and `setHeader` look at. Much of what is written for Node reads them, so they stay. Two
 * assignments, where properties defined on each response cost more than the rest of holding it.
 */
interface Fields {
  _header: string | null
  _headerSent: boolean
}

/** Stands for the header until it is made; it never leaves, because `_headerSent` says that it has. */
const SEALED = 'sealed'

class Given {
  constructor(response: object) {
    // biome-ignore lint/correctness/noConstructorReturn: what comes of it is the given response, with a field more.
    return response
  }
}

/**
 * Gives a response a `writableEnded` of its own, as a class does with its fields, which costs a fraction of defining the
 * property. What Node's own looks at, `finished`, must stay as it is: a server that closes takes the connections of finished
 * responses for idle, and cuts them off.
 */
class Ended extends Given {
  readonly writableEnded = true
}

function sealFields(response: ServerResponse): void {
  const fields = response as unknown as Fields
  new Ended(response)
  if (fields._header !== null) return
  fields._header = SEALED
  fields._headerSent = true
}

function unsealFields(response: ServerResponse): void {
  const fields = response as unknown as Fields
  // `writableEnded` stays: it comes true in the same turn.
  if (fields._header !== SEALED) return
  fields._header = null
  fields._headerSent = false
}

/** Of HTTP/2, which Node keeps in other ways: what is sealed becomes the response's own, in front of Node's. */
function sealProperties(response: ServerResponse): void {
  unsealed.set(
    response,
    SEALED_NAMES.map(name => Object.getOwnPropertyDescriptor(response, name)),
  )
  Object.defineProperties(response, SEALED_PROPERTIES)
}

/** What the host's middleware had put around a method is there again. */
function unsealProperties(response: ServerResponse): void {
  const before = unsealed.get(response)
  if (before === undefined) return
  unsealed.delete(response)
  SEALED_NAMES.forEach((name, index) => {
    const property = before[index]
    if (property === undefined) Reflect.deleteProperty(response, name)
    else Object.defineProperty(response, name, property)
  })
}

/** What sealed responses had of their own, by the order of the names. */
const unsealed = new WeakMap<ServerResponse, (PropertyDescriptor | undefined)[]>()

const own = (value: unknown): PropertyDescriptor => ({ value, writable: true, configurable: true })

const SEALED_PROPERTIES: PropertyDescriptorMap = {
  headersSent: own(true),
  writableEnded: own(true),
  setHeader: own(tooLate),
  appendHeader: own(tooLate),
  removeHeader: own(tooLate),
  writeHead: own(tooLate),
  flushHeaders: own(nothing),
}
const SEALED_NAMES = Object.keys(SEALED_PROPERTIES)

/** What Node itself says after `end`. */
function tooLate(): never {
  throw Object.assign(new Error('Cannot set headers after they are sent to the client'), {
    code: 'ERR_HTTP_HEADERS_SENT',
  })
}

function nothing(): void {}
