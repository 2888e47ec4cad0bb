import type * as z from 'zod'

/** What an option has to be, by the kind that its schema expects. */
const KINDS: Readonly<Record<string, string>> = {
  object: 'must be an object',
  record: 'must be an object',
  array: 'must be a list',
  string: 'must be text',
  boolean: 'must be true or false',
  number: 'must be a number',
  int: 'must be a whole number',
  date: 'must be a Date',
}

/** Words for what a schema has none of its own for; whoever configures need not know the library that checks. */
export function wordsFor(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'invalid_type') return undefined
  const kind = KINDS[issue.expected] ?? 'must be of another kind'
  return issue.input === undefined ? `is required and ${kind}` : kind
}

/** The same for a whole number whose schema has words of its own for bounds. */
export const wholeNumberWords = {
  error: ({ input }: Pick<z.core.$ZodRawIssue, 'input'>): string =>
    input === undefined ? 'is required and must be a whole number' : 'must be a whole number',
}

/** One problem in one line: the option's path, what is wrong, and the remedy. */
export function describeIssue(issue: z.core.$ZodIssue, within?: string): string[] {
  const path = [...(within === undefined ? [] : [within]), ...issue.path.map(String)].join('.')
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(
      key => `${path ? `${path}.` : ''}${key}: is not an option; remove it or correct its name`,
    )
  }
  return [`${path || 'options'}: ${issue.message}`]
}
