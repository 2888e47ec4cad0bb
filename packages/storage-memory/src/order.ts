/** Compares by time, and by id where the time is the same, so that a list has one order only. */
export function byTime<T>(time: (item: T) => Date, id: (item: T) => string): (a: T, b: T) => number {
  return (a, b) => time(a).getTime() - time(b).getTime() || (id(a) < id(b) ? -1 : id(a) > id(b) ? 1 : 0)
}
