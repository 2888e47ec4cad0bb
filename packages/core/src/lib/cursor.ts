/** A place in a list that is ordered by time and id. */
export interface CursorPosition {
  readonly at: Date
  readonly id: string
}

/** A place in a list as text that callers give back unread. It names a place and nothing else: whose list it is, they cannot say. */
export function writeCursor({ at, id }: CursorPosition): string {
  return Buffer.from(`${at.getTime()} ${id}`).toString('base64url')
}

const CURSOR = /^[A-Za-z0-9_-]{8,300}$/
/** The ids of what is listed are random text and UUIDs; up to the year 9999. */
const POSITION = /^(\d{1,15}) ([A-Za-z0-9._~:-]{1,150})$/
const LAST_MS = Date.UTC(9999, 11, 31)

/** The place that a cursor names; `undefined` for what is none of ours. */
export function readCursor(text: string): CursorPosition | undefined {
  if (!CURSOR.test(text)) return undefined
  const [, at, id] = POSITION.exec(Buffer.from(text, 'base64url').toString('latin1')) ?? []
  if (at === undefined || id === undefined || Number(at) > LAST_MS) return undefined
  return { at: new Date(Number(at)), id }
}
