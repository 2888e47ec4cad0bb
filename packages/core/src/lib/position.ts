/** A place in a list that is ordered by time and id. */
export interface ListPosition {
  readonly at: Date
  readonly id: string
}

/** A place in a list as text. It names a place and nothing else: whose list it is, callers cannot say. */
export function writePosition({ at, id }: ListPosition): string {
  return Buffer.from(`${at.getTime()} ${id}`).toString('base64url')
}

const TEXT = /^[A-Za-z0-9_-]{8,300}$/
/** The ids of what is listed are random text and UUIDs; up to the year 9999. */
const POSITION = /^(\d{1,15}) ([A-Za-z0-9._~:-]{1,150})$/
const LAST_MS = Date.UTC(9999, 11, 31)

/** The place that text names; `undefined` for what is none of ours. */
export function readPosition(text: string): ListPosition | undefined {
  if (!TEXT.test(text)) return undefined
  const [, at, id] = POSITION.exec(Buffer.from(text, 'base64url').toString('latin1')) ?? []
  if (at === undefined || id === undefined || Number(at) > LAST_MS) return undefined
  return { at: new Date(Number(at)), id }
}
