/** PostgreSQL did not start. The message is one line for the person who wanted it to. */
export class EmbeddedPostgresError extends Error {
  /**
   * @param reason what stood in the way, to be read after a colon
   * @param remedy what to do about it
   */
  constructor(
    reason: string,
    options?: ErrorOptions,
    remedy = 'Set DATABASE_URL to use a server of your own.',
  ) {
    super(`PostgreSQL did not start: ${reason}. ${remedy}`, options)
    this.name = 'EmbeddedPostgresError'
  }
}
