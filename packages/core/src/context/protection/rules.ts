import type { ProtectionOptions } from '../../config/protection.ts'
import type { AbuseReason, BlockAnswer } from '../../model/block.ts'
import type { FailureCounts } from '../../storage/protection.ts'

/** What can be tried too often. */
export type TrialPurpose = 'secret' | 'sign_in' | 'user_code' | 'registration' | 'limit'

/** A rule of what is too much. Rules of one purpose look at the same counts, and each that is broken answers. */
export interface AbuseRule {
  /** Stable; what programs read. docs/abuse.md lists them. */
  readonly reason: AbuseReason
  readonly purpose: TrialPurpose
  /** What it looks at. */
  readonly counts: 'pair' | 'origin' | 'originSubjects' | 'subject'
  /** Whom it answers to: who comes from there, with that subject, or whoever tries that subject from an unknown place. */
  readonly about: 'pair' | 'origin' | 'subject'
  readonly answer: BlockAnswer
  readonly threshold: keyof ProtectionOptions
  /** What happened, for the owner: follows the client's name. */
  readonly sentence: string
}

export const ABUSE_RULES: readonly AbuseRule[] = [
  {
    reason: 'secret_guessing',
    purpose: 'secret',
    counts: 'pair',
    about: 'pair',
    // Not a block: whoever deploys the right secret at last need not wait long.
    answer: 'throttle',
    threshold: 'secretFailures',
    sentence: 'was called with wrong secrets again and again from one address',
  },
  {
    reason: 'clients_probed',
    purpose: 'secret',
    counts: 'originSubjects',
    about: 'origin',
    answer: 'block',
    threshold: 'clientsTried',
    sentence: 'is one of many clients that one address tries secrets on',
  },
  {
    reason: 'secret_flood',
    purpose: 'secret',
    counts: 'origin',
    about: 'origin',
    answer: 'block',
    threshold: 'addressSecretFailures',
    sentence: 'was called from an address that sends wrong secrets all the time',
  },
  {
    reason: 'password_guessing',
    purpose: 'sign_in',
    counts: 'pair',
    about: 'pair',
    answer: 'throttle',
    threshold: 'loginFailures',
    sentence: 'saw somebody guess the password of one person from one place',
  },
  {
    reason: 'credential_stuffing',
    purpose: 'sign_in',
    counts: 'originSubjects',
    about: 'origin',
    answer: 'block',
    threshold: 'loginsTried',
    sentence: 'saw one address try the passwords of many people',
  },
  {
    reason: 'password_flood',
    purpose: 'sign_in',
    counts: 'origin',
    about: 'origin',
    answer: 'block',
    threshold: 'addressLoginFailures',
    sentence: 'saw one address send wrong passwords all the time',
  },
  {
    reason: 'distributed_guessing',
    purpose: 'sign_in',
    counts: 'subject',
    about: 'subject',
    answer: 'throttle',
    threshold: 'loginFailuresEverywhere',
    sentence: 'saw the password of one person guessed from many places',
  },
  {
    reason: 'user_code_guessing',
    purpose: 'user_code',
    counts: 'origin',
    about: 'origin',
    answer: 'block',
    threshold: 'userCodes',
    sentence: 'is used by devices whose codes one address guesses',
  },
  {
    reason: 'registration_guessing',
    purpose: 'registration',
    counts: 'origin',
    about: 'origin',
    answer: 'block',
    threshold: 'registrationFailures',
    sentence: 'had its registration token guessed',
  },
  {
    reason: 'limit_ignored',
    purpose: 'limit',
    counts: 'pair',
    about: 'pair',
    answer: 'throttle',
    threshold: 'limitRefusals',
    sentence: 'goes on sending requests beyond its limit without a pause',
  },
]

/** A rule that was broken. */
export interface Verdict {
  readonly rule: AbuseRule
  /** How far the threshold was reached, in hundredths of it. */
  readonly score: number
  readonly count: number
  /** Beyond the threshold, and sooner after the attempt before than the shortest wait: of attempts at once one may go on. */
  readonly tooSoon: boolean
}

/**
 * Judges what counts against somebody.
 * @param trusted whether the place or the device is known for this subject, so that what others do to it matters nothing here
 */
export function judge(
  purpose: TrialPurpose,
  counts: FailureCounts,
  { trusted, now }: { readonly trusted: boolean; readonly now: Date },
  options: ProtectionOptions,
): readonly Verdict[] {
  const verdicts: Verdict[] = []
  for (const rule of ABUSE_RULES) {
    if (rule.purpose !== purpose || (rule.about === 'subject' && trusted)) continue
    const [count, threshold] = [counts[rule.counts], options[rule.threshold]]
    if (count < threshold) continue
    const triedAt = counts[`${rule.about}TriedAt`]
    const again = triedAt && triedAt.getTime() + durationSeconds(rule.answer, 0, options) * 1000
    verdicts.push({
      rule,
      count,
      score: Math.floor((count * 100) / threshold),
      tooSoon: count > threshold && again !== undefined && again > now.getTime(),
    })
  }
  return verdicts
}

/** How long an answer lasts that is the `repeats`-th after the first. */
export function durationSeconds(answer: BlockAnswer, repeats: number, options: ProtectionOptions): number {
  const [first, longest] =
    answer === 'throttle'
      ? [options.firstWaitSeconds, options.longestWaitSeconds]
      : [options.firstBlockSeconds, options.longestBlockSeconds]
  return Math.min(longest, first * 2 ** repeats)
}
