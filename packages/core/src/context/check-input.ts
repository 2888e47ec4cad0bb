import type * as z from 'zod'
import { wordsFor } from '../config/problems.ts'
import { InputError } from '../errors.ts'
import { fieldProblems } from '../lib/schema.ts'

/**
 * Checks input against a schema and completes it.
 * @throws {InputError} `invalid_input`, naming every bad field at once, such as `redirectUris.0`
 */
export function checkInput<Output>(schema: z.ZodType<Output>, input: unknown): Output {
  const checked = schema.safeParse(input, { error: wordsFor })
  if (checked.success) return checked.data
  const fields = fieldProblems(checked.error)
  const list = Object.entries(fields).map(([field, problem]) => `${field} ${problem}`)
  throw new InputError('invalid_input', `${list.join('; ')}.`, fields)
}
