import { ServerResponse } from 'node:http'

/**
 * Makes a response look to the host as it does after `end`, though it has yet to leave: a second answer or a late header must not mix
 * with the first. What reads `headersSent` (error handling, timeouts) then does the right thing by itself.
 */
export function seal(response: ServerResponse): void {
  if (response instanceof ServerResponse) sealFields(response)
  else sealProperties(response)
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

/** Of HTTP/2, which Node keeps in other ways. */
function sealProperties(response: ServerResponse): void {
  Object.defineProperties(response, ENDED)
  response.setHeader = response.appendHeader = response.removeHeader = tooLate
}

/** What was defined stays: it comes true in the same turn. */
function unsealProperties(response: ServerResponse): void {
  const { setHeader, appendHeader, removeHeader } = Object.getPrototypeOf(response)
  Object.assign(response, { setHeader, appendHeader, removeHeader })
}

const ENDED: PropertyDescriptorMap = { headersSent: { value: true }, writableEnded: { value: true } }

/** What Node itself says after `end`. */
function tooLate(): never {
  throw Object.assign(new Error('Cannot set headers after they are sent to the client'), {
    code: 'ERR_HTTP_HEADERS_SENT',
  })
}
