/**
 * A deep copy of plain data. What goes in is copied and what comes out is copied, so that no caller can change
 * what is stored by changing what it holds. Several times as fast as `structuredClone`, which knows far more kinds of
 * values than the model has.
 */
export function copy<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date) return new Date(value) as T
  if (Array.isArray(value)) return value.map(copy) as T
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, copy(member)])) as T
}
