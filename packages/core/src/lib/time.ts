const TIME = /^(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/

/** The moment that text names: a day (UTC) such as `2026-01-31`, or a time of RFC 3339, whose seconds may be left out. */
export function parseTime(text: string): Date | undefined {
  const day = TIME.exec(text)?.[1]
  const time = new Date(text)
  // Date takes the 31st of February for the 3rd of March.
  if (day === undefined || Number.isNaN(time.getTime()) || !new Date(day).toISOString().startsWith(day)) {
    return undefined
  }
  return time
}

const HOUR_MS = 3_600_000

/** Whether a moment is the beginning of an hour (UTC); usage is counted by the hour. */
export function isWholeHour(time: Date): boolean {
  return time.getTime() % HOUR_MS === 0
}
