import type { Config } from '../../config/config.ts'
import type { SigningKey } from '../../model/authorization.ts'
import type { AuditEntry } from '../../model/usage.ts'
import { type Author, auditEntry } from '../audit-entry.ts'

/** What of the configuration decides how long keys live. */
export type KeySchedule = Pick<Config, 'keys' | 'lifetimes' | 'oauth'>

/** How long keys are believed before the storage is asked again, should a process not have heard of a rotation. */
export const KEY_REFRESH_SECONDS = 60

/** How far clocks may be apart. */
const SKEW_SECONDS = 60

/**
 * From when on the successor of a key signs, once it is time to publish it; `undefined` before that. Where nobody was there to
 * publish it in time, it is published for as long all the same, and the key signs on till then.
 */
export function successorStart(
  newest: Pick<SigningKey, 'activeAt'>,
  { rotateAfterSeconds, publishAheadSeconds }: Config['keys'],
  now: Date,
): Date | undefined {
  if (rotateAfterSeconds === 0) return undefined
  const start = later(now, publishAheadSeconds)
  return later(newest.activeAt, rotateAfterSeconds) <= start ? start : undefined
}

/** When a key whose successor signs from `start` on is published no more: nothing that it signed is good any more then. */
export function retirement(schedule: KeySchedule, start: Date): Date {
  return later(start, longestSeconds(schedule) + KEY_REFRESH_SECONDS + SKEW_SECONDS)
}

/** When a key that follows `newest` was made: after it, however the clocks of two machines stand. */
export function createdAfter(newest: Pick<SigningKey, 'createdAt'>, now: Date): Date {
  return new Date(Math.max(now.getTime(), newest.createdAt.getTime() + 1))
}

/** The audit entry of a rotation: which key follows which, and nothing of what is private. */
export function rotationAudit(
  author: Author,
  before: SigningKey,
  retiredAt: Date,
  successor: SigningKey,
): AuditEntry {
  const { kid, alg, activeAt } = before
  return auditEntry(author, {
    action: 'signing_key.rotated',
    target: successor.kid,
    before: { kid, alg, activeAt },
    after: { kid: successor.kid, alg, activeAt: successor.activeAt, previous: { kid, retiredAt } },
  })
}

export function later(time: Date, seconds: number): Date {
  return new Date(time.getTime() + seconds * 1000)
}

/** The longest that anything signed is good. An ID token ends a session by `id_token_hint` as long as there is one. */
function longestSeconds({ lifetimes, oauth }: KeySchedule): number {
  const { accessTokenSeconds, idTokenSeconds, sessionSeconds } = lifetimes
  const ofResources = Object.values(oauth.resources).map(resource => resource.accessTokenSeconds ?? 0)
  return Math.max(accessTokenSeconds, idTokenSeconds, sessionSeconds, ...ofResources)
}
