import * as z from 'zod'
import { monthOf } from './month.ts'

// What schemas of input are made of. Each message follows the name of its field.

/**
 * A string, the ground of every kind of text. The only `z.string()` there is: checks of length ask whatever has a `length`,
 * also where it is known to be no string, and the length of an object may be anything that its sender thought of.
 */
export function string(words?: z.core.$ZodStringParams['error']): z.ZodString {
  return z.string(words === undefined ? undefined : { error: words }).superRefine(stop, {
    when: ({ value }) => typeof value !== 'string',
  })
}

/** A list; the only `z.array()` there is, for the same reason. */
export function listOf<Item extends z.ZodType>(item: Item, words?: string): z.ZodArray<Item> {
  return z.array(item, words).superRefine(stop, { when: ({ value }) => !Array.isArray(value) })
}

/** An object of values by names that are free. A bad name hides no problem of its value, as it does with `z.record()` alone. */
export function recordOf<Value extends z.ZodType>(name: z.ZodType<string>, value: Value) {
  return z.record(string(), value).superRefine(
    (record, context) => {
      for (const key of Object.keys(record)) {
        for (const { message } of name.safeParse(key).error?.issues ?? [])
          context.addIssue({ code: 'custom', path: [key], message })
      }
    },
    { when: ({ value }) => typeof value === 'object' && value !== null && !Array.isArray(value) },
  )
}

/** Leaves out every check that comes later. */
function stop(_value: unknown, payload: z.core.ParsePayload): void {
  payload.aborted = true
}

/** Text; the ground of the other kinds of field. */
export function text(): z.ZodString {
  return string(issue => (issue.input === undefined ? 'is required' : 'must be text'))
}

export const flag = z.boolean('must be true or false')

/**
 * Control characters, halves of characters, and those that turn the direction of writing: with them a name on the consent
 * page could look like another one (Unicode Technical Report 36, section 2.6).
 */
const DECEPTIVE = /[\p{Cc}\p{Cs}\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/u

/** A name that people read: trimmed, 1 to 100 characters. */
export const label = text()
  .normalize()
  .trim()
  .min(1, 'must not be empty')
  .max(100, 'must have at most 100 characters')
  .refine(name => !DECEPTIVE.test(name), 'must not have line breaks, control characters or direction marks')

/** Text that is stored as `normalise` writes it; what it answers `undefined` for is refused. */
export function normalised(normalise: (value: string) => string | undefined, remedy: string) {
  return text().transform((value, context) => {
    const normal = normalise(value)
    if (normal !== undefined) return normal
    // Without `continue`, checks that compare fields would be left out, and their problems with them.
    context.addIssue({ code: 'custom', message: `${quote(value)} ${remedy}`, continue: true })
    return z.NEVER
  })
}

/** Text that is stored as it is, unless `problemOf` has words against it. */
export function without(problemOf: (value: string) => string | undefined) {
  return text().superRefine((value, context) => {
    const problem = problemOf(value)
    if (problem !== undefined) context.addIssue({ code: 'custom', message: `${quote(value)} ${problem}` })
  })
}

/** A list of at most 100 entries, each kept once. */
export function distinct<Item extends z.ZodType>(item: Item) {
  return listOf(item, 'must be a list')
    .max(100, 'must have at most 100 entries')
    .transform(entries => [...new Set(entries)])
}

/** One of a few words. */
export function oneOf<const Words extends readonly string[]>(words: Words) {
  return z.enum(words, `must be one of ${words.join(', ')}`)
}

/** A month by its first moment. */
export const billingMonth = z.custom<Date>(
  value =>
    value instanceof Date && !Number.isNaN(value.getTime()) && monthOf(value).getTime() === value.getTime(),
  "must be the first moment of a month (UTC), as parseMonth('2026-10') makes it",
)

/** What was given, on one line and short enough for a message. */
function quote(value: string): string {
  return JSON.stringify(value.length > 100 ? `${value.slice(0, 100)}…` : value)
}

/** What is wrong with each field, by its path such as `redirectUris.0`; of several problems of one field, the first. */
export function fieldProblems({ issues }: z.ZodError): Record<string, string> {
  const fields = new Map<string, string>()
  for (const [field, problem] of issues.flatMap(problems)) {
    if (!fields.has(field)) fields.set(field, problem)
  }
  return Object.fromEntries(fields)
}

function problems(issue: z.core.$ZodIssue): [field: string, problem: string][] {
  const path = issue.path.map(String)
  return issue.code === 'unrecognized_keys'
    ? issue.keys.map(key => [[...path, key].join('.'), 'is not known here; remove it or correct its name'])
    : [[path.join('.') || 'input', issue.message]]
}
