/**
 * A deep copy of plain data. What goes in is copied and what comes out is copied, so that no caller can change
 * what is stored by changing what it holds. Several times as fast as `structuredClone`, which knows far more kinds of
 * values than the model has.
 */
export function copy<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date) return new Date(value) as T
  if (Array.isArray(value)) return value.map(copy) as T
  // Spread first: it defines every member, even one that is called __proto__, which the assignment then finds.
  const copied = { ...value }
  for (const name in copied) {
    if (typeof copied[name] === 'object') copied[name] = copy(copied[name])
  }
  return copied
}
