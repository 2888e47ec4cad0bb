/**
 * What became of a change to something that was read, and is written whole.
 * - `updated`: it still was what had been read, and is now what was given.
 * - `outdated`: somebody else changed it meanwhile; nothing was written. Read it again, and decide anew.
 * - `not_found`: it is not there, or not any more.
 */
export interface UpdateOutcome {
  readonly outcome: 'updated' | 'outdated' | 'not_found'
}
