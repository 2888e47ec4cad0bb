import * as z from 'zod'

const positive = z.int('must be a whole number').min(1, 'must be at least 1')

/** At most so many requests in a window of time, as plans, clients and routes state it. */
export const rateLimit = z.strictObject({
  requests: positive,
  windowSeconds: positive.max(86_400, 'must be at most a day'),
  sliding: z.boolean().optional(),
})

export const meterOptions = z
  .strictObject({
    commit: z.enum(['before-response', 'after-response'], 'must be before-response or after-response'),
    whenUnavailable: z.enum(['refuse', 'queue', 'admit'], 'must be refuse, queue or admit'),
    queueEvents: positive,
    outageSeconds: positive.max(86_400, 'must be at most a day'),
  })
  .partial()

export const managementOptions = z
  .strictObject({
    rateLimit: z.union([rateLimit, z.literal(false)], 'must be { requests, windowSeconds } or false'),
  })
  .partial()

export const requestLogOptions = z
  .strictObject({
    successes: z.number('must be a number').min(0, 'must be from 0 to 1').max(1, 'must be from 0 to 1'),
  })
  .partial()
