/** As many as four hexadecimal digits tell apart. */
export const MAX_BATCH_EVENTS = 0x10000

/**
 * The id of an event: that of its batch with the position in place of the last four digits. So a batch carries one id for
 * all of its events, and they sort as they were admitted.
 * @param batchId a UUID whose other digits are no other batch's, as those of a version 7 are not
 */
export function usageEventId(batchId: string, position: number): string {
  return batchId.slice(0, -4) + position.toString(16).padStart(4, '0')
}
