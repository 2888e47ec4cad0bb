import * as z from 'zod'
import { HttpError } from '../../errors.ts'
import { fieldProblems, listOf, string } from '../../lib/schema.ts'
import { isWholeHour, parseTime } from '../../lib/time.ts'

/**
 * Checks a query, or a body, against a schema and completes it.
 * @throws {HttpError} 422 `validation_failed`, naming every bad parameter at once
 */
export function checked<Output>(schema: z.ZodType<Output>, input: unknown): Output {
  const result = schema.safeParse(input instanceof URLSearchParams ? byName(input) : input)
  if (result.success) return result.data
  throw validationFailed(fieldProblems(result.error))
}

/** The refusal of what was asked. */
export function validationFailed(fields: Record<string, string>): HttpError {
  const list = Object.entries(fields).map(([field, problem]) => `${field} ${problem}`)
  return new HttpError(422, 'validation_failed', `${list.join('; ')}.`, { fields })
}

/** Each parameter by its name: text, or a list where it was given several times. */
function byName(query: URLSearchParams): object {
  const names = [...new Set(query.keys())]
  return Object.fromEntries(
    names.map(name => {
      const values = query.getAll(name)
      return [name, values.length === 1 ? values[0] : values]
    }),
  )
}

/** A parameter that is given once: text without control characters, which PostgreSQL could not all keep. */
export function once(most = 500): z.ZodString {
  return string(issue => (issue.input === undefined ? 'is required' : 'must be given once'))
    .max(most, `must have at most ${most} characters`)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must be one line of text')
}

/** A parameter that may hold several of a few words: repeated, or between commas. */
export function several<const Words extends readonly string[]>(words: Words) {
  return z
    .union([string(), listOf(string())])
    .transform(given => [...new Set([given].flat().flatMap(text => text.split(',')))])
    .pipe(listOf(z.enum(words, `must be one of ${words.join(', ')}`)))
}

export const time = once().transform((text, context) => {
  const time = parseTime(text)
  if (time !== undefined) return time
  context.addIssue({
    code: 'custom',
    message: 'must be a day such as 2026-01-31, or a time such as 2026-01-31T13:00:00Z',
  })
  return z.NEVER
})

/** How many of a list come at once. */
export function count(most: number) {
  return once()
    .regex(/^\d{1,6}$/, `must be a whole number from 1 to ${most}`)
    .transform(Number)
    .refine(number => number >= 1 && number <= most, `must be a whole number from 1 to ${most}`)
}
export const limit = count(200).default(50)

/** The beginning of an hour: usage is counted by the hour. */
export const hour = time.refine(isWholeHour, 'must be a whole hour (UTC): usage is counted by the hour')

/** The id of something. One that cannot be is found nowhere, which is no mistake of form. */
export const id = once().regex(/^[\w.~-]{1,200}$/, 'must be an id')

/** A class of statuses such as 4xx, by its first digit. */
export const statusClass = once()
  .regex(/^[1-5](?:xx)?$/, 'must be one of 1xx, 2xx, 3xx, 4xx, 5xx')
  .transform(text => Number(text[0]))
