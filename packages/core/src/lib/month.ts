/** The first moment of the calendar month (UTC) that a time falls into; also the name of that month. */
export function monthOf(time: Date): Date {
  return new Date(Date.UTC(time.getUTCFullYear(), time.getUTCMonth()))
}

/** The first moment of the next month. */
export function monthAfter(month: Date): Date {
  return new Date(Date.UTC(month.getUTCFullYear(), month.getUTCMonth() + 1))
}

/** A month as people and JSON write it: `2026-10`. */
export function formatMonth(month: Date): string {
  return month.toISOString().slice(0, 7)
}

/** The month that text such as `2026-10` names. */
export function parseMonth(text: string): Date | undefined {
  return /^\d{4}-(?:0[1-9]|1[0-2])$/.test(text) ? new Date(`${text}-01T00:00:00.000Z`) : undefined
}
