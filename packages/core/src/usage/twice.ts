import { StorageUnavailableError } from '../errors.ts'

/** What failed after a longer time was not a connection that was cut: whoever waits should not wait for as long again. */
const QUICK_MS = 500
/** So long a second attempt may take before nobody counts on it. */
const PATIENCE_MS = 250

/**
 * Does something that changes nothing when it is done twice, a second time at once if the storage seemed to be away: one connection
 * that is cut is no outage.
 * @param onDelay told why the first attempt failed when the second one takes long, too; it goes on
 * @throws whatever the last attempt failed with
 */
export async function twice<T>(
  work: () => Promise<T>,
  onDelay: (error: StorageUnavailableError) => void = () => {},
): Promise<T> {
  const began = performance.now()
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof StorageUnavailableError) || performance.now() - began > QUICK_MS) throw error
    // One turn, in which a pool hears of the connections that were cut together with this one.
    await new Promise(resolve => setImmediate(resolve))
    const timer = setTimeout(onDelay, PATIENCE_MS, error)
    try {
      return await work()
    } finally {
      clearTimeout(timer)
    }
  }
}
