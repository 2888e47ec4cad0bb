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
