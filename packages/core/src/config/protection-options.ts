import * as z from 'zod'
import { wholeSeconds } from './authorization-options.ts'
import { DEFAULT_PROTECTION, type ProtectionOptions } from './protection.ts'

const most = z.int('must be a whole number').min(1, 'must be at least 1')
const seconds = wholeSeconds.min(1, 'must be at least 1 second').max(86_400, 'must be at most a day')

const thresholds = z
  .strictObject({
    windowSeconds: seconds,
    secretFailures: most,
    clientsTried: most,
    addressSecretFailures: most,
    loginFailures: most,
    loginsTried: most,
    addressLoginFailures: most,
    loginFailuresEverywhere: most,
    userCodes: most,
    registrationFailures: most,
    limitRefusals: most,
    firstWaitSeconds: seconds,
    longestWaitSeconds: seconds,
    firstBlockSeconds: seconds,
    longestBlockSeconds: seconds,
  } satisfies Record<keyof ProtectionOptions, z.ZodType>)
  .partial()
  .refine(ordered('firstWaitSeconds', 'longestWaitSeconds'), {
    path: ['longestWaitSeconds'],
    error: 'must not be less than firstWaitSeconds',
    when: always,
  })
  .refine(ordered('firstBlockSeconds', 'longestBlockSeconds'), {
    path: ['longestBlockSeconds'],
    error: 'must not be less than firstBlockSeconds',
    when: always,
  })

/** Whether one is at most the other; asked although something else is wrong, so that every problem is named at once. */
function ordered(first: keyof ProtectionOptions, longest: keyof ProtectionOptions) {
  return (given: Partial<ProtectionOptions> | null | undefined) =>
    !((given?.[first] ?? DEFAULT_PROTECTION[first]) > (given?.[longest] ?? DEFAULT_PROTECTION[longest]))
}

function always(): boolean {
  return true
}

/** The schema of the option `protection`: thresholds, or `false` for none at all. */
export function protectionOptions({ protection }: { readonly protection?: unknown }) {
  return protection === false ? z.literal(false) : thresholds.optional()
}
