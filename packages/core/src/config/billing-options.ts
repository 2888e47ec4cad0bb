import * as z from 'zod'
import { label, listOf, recordOf, string } from '../lib/schema.ts'
import { withMethods } from './authorization-options.ts'
import type { InvoicePdf } from './options.ts'
import { wholeNumberWords, wordsFor } from './problems.ts'

/** A whole number of nano-euro, or of anything else that is counted. */
export const amount = z
  .int({
    error: issue =>
      issue.code === 'too_big' ? `must be at most ${Number.MAX_SAFE_INTEGER}` : wholeNumberWords.error(issue),
  })
  .min(0, 'must not be negative')

const step = z.strictObject({
  nanoEuro: amount,
  from: z.date('must be a Date').optional(),
})

const steps = listOf(step)
  .min(1, 'must not be empty')
  .superRefine(
    (steps, context) => {
      // What is no step or no date at all has been told of.
      const told = new Set(context.issues.map(({ path }) => path?.join('.')))
      for (const [index, step] of steps.entries()) {
        const [before, from] = [steps[index - 1]?.from, step?.from]
        if (index === 0 || told.has(`${index}`) || told.has(`${index}.from`)) continue
        if (from !== undefined && (!(before instanceof Date) || before < from)) continue
        const message = 'must be later than that of the step before: the oldest step comes first'
        context.addIssue({ code: 'custom', path: [index, 'from'], message })
      }
    },
    { when: ({ value }) => Array.isArray(value) },
  )

/** A whole number of nano-euro, or the steps in which it changes. */
export const price = z.unknown().transform((given, context) => {
  const checked = (Array.isArray(given) ? steps : amount).safeParse(given, { error: wordsFor })
  if (checked.success) return checked.data
  for (const issue of checked.error.issues) context.addIssue({ ...issue })
  return z.NEVER
})

const country = string('must be text').regex(
  /^[A-Z]{2}$/,
  'must be a country code such as NL (ISO 3166-1 alpha-2)',
)
const basisPoints = z
  .int({
    error: ({ input }) =>
      `${input === undefined ? 'is required and ' : ''}must be a whole number of basis points: 2100 is 21 %`,
  })
  .min(0, 'must not be negative')
  .max(10_000, 'must be at most 10000, which is 100 %')

const words = string('must be text').min(1, 'must not be empty').max(500, 'must have at most 500 characters')

/** The option `invoices`. */
export const invoiceOptions = z.strictObject({
  seller: z.strictObject({
    name: label,
    addressLines: listOf(label, 'must be a list of lines')
      .min(1, 'must have a line')
      .max(6, 'must have at most 6 lines'),
    country,
    vatId: label.optional(),
    registration: label.optional(),
    email: label.optional(),
    paymentTerms: words.optional(),
  }),
  vatBasisPoints: basisPoints,
  vatByCountry: recordOf(country, z.strictObject({ basisPoints, note: words.optional() })).optional(),
  numberPrefix: string('must be text')
    .regex(
      /^(?:[A-Za-z0-9][A-Za-z0-9-]{0,19})?$/,
      'must have at most 20 letters, digits and hyphens, and not begin with a hyphen',
    )
    .optional(),
  dueDays: z
    .int('must be a whole number')
    .min(0, 'must not be negative')
    .max(365, 'must be at most 365')
    .optional(),
  payments: withMethods('collect').optional(),
  pdf: z.custom<InvoicePdf>(value => typeof value === 'function', 'must be a function').optional(),
})
