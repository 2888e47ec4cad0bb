/**
 * One step of the schema. It is applied once, in a transaction that also records its name, and it is never edited or
 * deleted afterwards: what it made is changed by a later one. A step must leave the programs of the version before it
 * working (expand first, contract a version later).
 */
export interface Migration {
  /** The file's name. */
  readonly name: string
  /**
   * The statements to run.
   * @param schema the schema's name, quoted as an identifier
   */
  sql(schema: string): string
}
