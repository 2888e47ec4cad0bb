import { readFileSync } from 'node:fs'
import { parseMonth } from '@xwms/core'
import { InvalidArgumentError } from 'commander'

/** For an option that may be given several times: gathers its values. */
export function repeated(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value]
}

/** For an option that may be given several times, and holds several values between spaces as `scope` does in OAuth. */
export function repeatedWords(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, ...value.split(' ').filter(word => word !== '')]
}

/** For an option that holds a whole number within bounds. */
export function wholeNumber(least: number, most: number): (value: string) => number {
  return value => {
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN
    if (number >= least && number <= most) return number
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`)
  }
}

/** For an option that holds a JSON object, or, behind an @, the file that it is in. */
export function jsonObject(value: string): Readonly<Record<string, unknown>> {
  const object = parse(value.startsWith('@') ? read(value.slice(1)) : value)
  if (typeof object === 'object' && object !== null && !Array.isArray(object)) {
    return object as Record<string, unknown>
  }
  throw new InvalidArgumentError('Give a JSON object, or @ and a file that holds one.')
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new InvalidArgumentError(`The file cannot be read: ${(error as Error).message}`)
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const HOUR_MS = 3_600_000
const TIME = /^(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2}))?$/

/** For an option that holds the beginning of an hour: a day (UTC), or RFC 3339 with its offset. */
export function hour(value: string): Date {
  const day = TIME.exec(value)?.[1]
  const time = new Date(value)
  // Date takes the 31st of February for the 3rd of March.
  if (day === undefined || Number.isNaN(time.getTime()) || !new Date(day).toISOString().startsWith(day)) {
    throw new InvalidArgumentError('Give a day such as 2026-01-31, or a time such as 2026-01-31T13:00Z.')
  }
  if (time.getTime() % HOUR_MS !== 0) {
    throw new InvalidArgumentError('Give a whole hour (UTC): usage is counted by the hour.')
  }
  return time
}

/** For an option that holds a calendar month (UTC). */
export function month(value: string): Date {
  const parsed = parseMonth(value)
  if (parsed === undefined) throw new InvalidArgumentError('Give a month such as 2026-10.')
  return parsed
}
