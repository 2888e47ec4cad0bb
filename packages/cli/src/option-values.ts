import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { addressText, isWholeHour, parseMonth, parseTime } from '@xwms/core'
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

/** For an option that holds a moment: a day (UTC), or RFC 3339 with its offset. */
export function time(value: string): Date {
  const parsed = parseTime(value)
  if (parsed !== undefined) return parsed
  throw new InvalidArgumentError('Give a day such as 2026-01-31, or a time such as 2026-01-31T13:00Z.')
}

/** For an option that holds an IP address, in the form in which addresses are kept. */
export function address(value: string): string {
  if (isIP(value) !== 0) return addressText(value)
  throw new InvalidArgumentError('Give an IPv4 or IPv6 address.')
}

/** For an option that holds the beginning of an hour. */
export function hour(value: string): Date {
  const parsed = time(value)
  if (isWholeHour(parsed)) return parsed
  throw new InvalidArgumentError('Give a whole hour (UTC): usage is counted by the hour.')
}

/** For an option that holds an amount of euro, exactly: in nano-euro, the ninth decimal. */
export function euro(value: string): number {
  const [, whole = '', decimals = ''] = /^(\d{1,7})(?:\.(\d{1,9}))?$/.exec(value) ?? []
  const nanoEuro = whole === '' ? Number.NaN : Number(whole + decimals.padEnd(9, '0'))
  if (Number.isSafeInteger(nanoEuro)) return nanoEuro
  throw new InvalidArgumentError('Give an amount of euro such as 25 or 12.50.')
}

/** For an option that holds requests in a time, such as `100/60s`; `/s`, `/m`, `/h` and `/d` are one of each. */
export function rateLimit(value: string): { readonly requests: number; readonly windowSeconds: number } {
  const [, requests = '', count = '', unit = ''] = /^(\d{1,15})\/(\d{0,5})([smhd])$/.exec(value) ?? []
  const windowSeconds = Number(count === '' ? 1 : count) * (SECONDS[unit] ?? Number.NaN)
  if (Number(requests) >= 1 && windowSeconds >= 1 && windowSeconds <= 86_400) {
    return { requests: Number(requests), windowSeconds }
  }
  throw new InvalidArgumentError('Give requests in a time of up to a day, such as 100/60s or 5000/h.')
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** For an option that may also be `none`, which removes what there is; commander takes a null for a value that is missing. */
export function noneOr<Value>(read: (value: string) => Value): (value: string) => Value | 'none' {
  return value => (value === 'none' ? value : read(value))
}

/** What `manage/` is told: null removes. */
export function orNull<Value>(value: Value | 'none' | undefined): Value | null | undefined {
  return value === 'none' ? null : value
}

/** For an option that holds a calendar month (UTC). */
export function month(value: string): Date {
  const parsed = parseMonth(value)
  if (parsed === undefined) throw new InvalidArgumentError('Give a month such as 2026-10.')
  return parsed
}

/** A check of the commands that tell of a workspace or of one client. */
export function workspaceOrClient(options: { workspace?: string; client?: string }): string | undefined {
  return options.workspace === undefined && options.client === undefined
    ? 'give --workspace or --client'
    : undefined
}
