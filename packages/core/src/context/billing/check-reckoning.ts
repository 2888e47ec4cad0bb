import { InputError } from '../../errors.ts'
import type { MonthUsage } from '../../model/invoice.ts'

type Members = Readonly<Record<string, unknown>>

type Predicates = Readonly<
  Record<string, readonly [holds: (value: unknown, members: Members) => boolean, problem: string]>
>

/** A whole number that money can be reckoned with exactly. */
const isAmount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0

const amount = [isAmount, 'must be a whole number of nano-euro, not below 0'] as const

const STATUS_CLASSES: readonly unknown[] = [1, 2, 3, 4, 5]

const USAGE: Predicates = {
  route: [value => typeof value === 'string', 'must be text'],
  mode: [value => value === 'live' || value === 'test', 'must be live or test'],
  statusClass: [value => STATUS_CLASSES.includes(value), 'must be the first digit of a status, from 1 to 5'],
  unitPriceNanoEuro: amount,
  requests: [value => typeof value === 'bigint' && value >= 0n, 'must be a bigint, such as 5n'],
  late: [
    (value, { requests }) =>
      value === undefined || (typeof value === 'bigint' && value >= 0n && value <= (requests as bigint)),
    'must be a bigint, not above the requests that it is of',
  ],
}

const TERMS: Predicates = {
  feeNanoEuro: amount,
  includedRequests: [isAmount, 'must be a whole number, not below 0'],
  vatBasisPoints: [isAmount, 'must be a whole number of basis points: 2100 is 21 %'],
}

/**
 * Refuses what money cannot be reckoned with exactly, or at all. A loop and not a schema: it runs each time that somebody looks at
 * what a month costs, over each of its routes and prices.
 * @throws {InputError} `invalid_input`, naming every bad member of the terms and of the first row that has one
 */
export function checkReckoning(usage: readonly MonthUsage[], terms: object): void {
  const problems = problemsOf(terms, TERMS, 'terms.')
  if (Array.isArray(usage)) {
    for (const [index, row] of usage.entries()) {
      const found = problemsOf(row, USAGE, `usage.${index}.`)
      Object.assign(problems, found)
      if (Object.keys(found).length > 0) break
    }
  } else problems.usage = 'must be a list of requests that share a route, a mode, a status class and a price'
  const list = Object.entries(problems).map(([field, problem]) => `${field} ${problem}`)
  if (list.length > 0) throw new InputError('invalid_input', `${list.join('; ')}.`, problems)
}

function problemsOf(given: unknown, predicates: Predicates, prefix: string): Record<string, string> {
  const members = Object(given) as Members
  const problems: Record<string, string> = {}
  for (const name in predicates) {
    const [holds, problem] = predicates[name] as Predicates[string]
    if (!holds(members[name], members)) problems[prefix + name] = problem
  }
  return problems
}
