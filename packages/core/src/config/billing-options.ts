import * as z from 'zod'

const amount = z.int('must be a whole number').min(0, 'must not be negative')

const step = z.strictObject({
  nanoEuro: amount,
  from: z.date('must be a Date').optional(),
})

const steps = z
  .array(step)
  .min(1, 'must not be empty')
  .superRefine((steps, context) => {
    for (const [index, { from }] of steps.entries()) {
      const before = steps[index - 1]?.from
      if (index === 0 || (from !== undefined && (before === undefined || before < from))) continue
      const message = 'must be later than that of the step before: the oldest step comes first'
      context.addIssue({ code: 'custom', path: [index, 'from'], message })
    }
  })

/** A whole number of nano-euro, or the steps in which it changes. */
export const price = z.unknown().transform((given, context) => {
  const checked = (Array.isArray(given) ? steps : amount).safeParse(given)
  if (checked.success) return checked.data
  for (const issue of checked.error.issues) context.addIssue({ ...issue })
  return z.NEVER
})
