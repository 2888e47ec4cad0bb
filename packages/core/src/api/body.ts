import * as z from 'zod'
import { HttpError } from '../errors.ts'
import type { Input } from '../http/body.ts'
import { string } from '../lib/schema.ts'

/**
 * Takes from a JSON body the members that an endpoint knows. Clients send others besides, `redirect_url` above all, and
 * expect them to be ignored (xwms-api.md, "Credentials").
 * @throws {HttpError} 422 `validation_failed`; `fields` has a sentence for every bad member, by its path, such as
 *   `address.country`
 */
export function parseBody<T>(input: Input, shape: z.ZodType<T>): T {
  const parsed = shape.safeParse(input.kind === 'json' ? input.json : {})
  if (parsed.success) return parsed.data
  const fields: Record<string, string> = {}
  for (const { path, message } of parsed.error.issues) fields[path.join('.')] ??= message
  throw validationFailed(fields)
}

/** The refusal of a body, for what only the handler can see. The published clients print `message` and nothing else. */
export function validationFailed(fields: Record<string, string>): HttpError {
  const message = Object.entries(fields)
    .map(([field, sentence]) => `${field}: ${sentence}`)
    .join(' ')
  return new HttpError(422, 'validation_failed', message, { fields })
}

const DIGITS = /^[1-9]\d{0,15}$/

/** A whole number from 1 to 2^53 − 1. Clients send it as a number or as text (xwms-api.md, "Endpoints"). */
export function positiveInteger(sentence: string): z.ZodType<number> {
  return z.unknown().transform((value, context) => {
    const number = typeof value === 'string' && DIGITS.test(value.trim()) ? Number(value) : value
    if (typeof number === 'number' && Number.isSafeInteger(number) && number > 0) return number
    context.addIssue({ code: 'custom', message: sentence })
    return z.NEVER
  })
}

/** Whom a call is about, as text from here on. */
export const sub = positiveInteger(
  `Send the user’s sub: a whole number from 1 to ${Number.MAX_SAFE_INTEGER}, as a number or as text.`,
).transform(String)

/**
 * What cannot stand in one line of text: control characters (PostgreSQL cannot even store U+0000), line separators, and
 * halves of surrogate pairs, which are no characters.
 */
const NOT_ONE_LINE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u

/** One line of text without the space around it. Empty text is the same as null: no value. */
export function optionalText(maxLength: number): z.ZodType<string | null | undefined> {
  return string('Send text, or null for no value.')
    .trim()
    .max(maxLength, `Send at most ${maxLength} characters.`)
    .refine(text => !NOT_ONE_LINE.test(text), 'Send one line of text without control characters.')
    .transform(text => (text === '' ? null : text))
    .nullish()
}

/** One line of text that must be there. */
export function requiredText(maxLength: number, sentence: string): z.ZodType<string> {
  return string(sentence)
    .min(1, sentence)
    .max(maxLength, `Send at most ${maxLength} characters.`)
    .refine(text => !NOT_ONE_LINE.test(text), 'Send one line of text without control characters.')
}
