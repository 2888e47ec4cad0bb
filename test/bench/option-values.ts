/** @throws {Error} with one line that says what is wrong */
export function wholeNumber(name: string, given: string): number {
  if (!/^\d+$/.test(given)) throw new Error(`--${name} must be a whole number, not "${given}".`)
  return Number(given)
}

/** @throws {Error} with one line that says what is wrong */
export function between(least: number, most: number, name: string, value: number): number {
  if (value >= least && value <= most) return value
  throw new Error(`--${name} must be a number from ${least} to ${most}.`)
}

/**
 * The names of a list separated by commas.
 * @throws {Error} with one line that says what is wrong
 */
export function chosenNames(list: string, known: readonly string[]): readonly string[] {
  const names = list.split(',').map(name => name.trim())
  const unknown = names.filter(name => !known.includes(name))
  if (unknown.length > 0) {
    throw new Error(`--only knows no row "${unknown.join('", "')}"; choose from ${known.join(', ')}.`)
  }
  return names
}

/** What every benchmark can be told, for `parseArgs`. */
export const COMMON_OPTIONS = {
  rounds: { type: 'string', default: '5' },
  seconds: { type: 'string', default: '2' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

/** For benchmarks of chosen rows, whose processes can be looked into. */
export const ROW_OPTIONS = { only: { type: 'string' }, profile: { type: 'string' } } as const

export interface CommonOptions {
  readonly rounds: number
  /** How long one turn is measured: of a row, a contender or a database, in one round. */
  readonly seconds: number
  readonly json: boolean
  readonly help: boolean
}

/**
 * Reads what stands in {@link COMMON_OPTIONS}.
 * @param leastSeconds what a turn has to take for its figures to mean something
 * @throws {Error} with one line that says what is wrong
 */
export function commonOptions(
  values: Readonly<Record<'rounds' | 'seconds', string> & Record<'json' | 'help', boolean>>,
  leastSeconds = 0.1,
): CommonOptions {
  return {
    rounds: between(1, 100, 'rounds', wholeNumber('rounds', values.rounds)),
    seconds: between(leastSeconds, 600, 'seconds', Number(values.seconds)),
    json: values.json,
    help: values.help,
  }
}
