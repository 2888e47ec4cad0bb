/** A value after a change in which `undefined` leaves what there was and `null` removes it (RFC 7396). */
export function replaced<Value>(
  before: Value | undefined,
  change: Value | null | undefined,
): Value | undefined {
  return change === undefined ? before : (change ?? undefined)
}
