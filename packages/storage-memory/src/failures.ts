import type { Failure, FailureRange, Failures } from '@xwms/core'
import { copy } from './copy.ts'
import type { Data } from './data.ts'

export function failures({ failures }: Data): Failures {
  return {
    async record(failure, since) {
      const counts = { pair: 0, origin: 0, subject: 0 }
      const [subjects, origins] = [new Set<string>(), new Set<string>()]
      let [originTried, pairTried, subjectTried] = [NEVER, NEVER, NEVER]
      const count = ({ origin, subject, weight, at }: Failure, before: boolean) => {
        if (origin === failure.origin) {
          counts.origin += weight
          subjects.add(subject)
          if (before) originTried = Math.max(originTried, at.getTime())
        }
        if (subject !== failure.subject) return
        counts.subject += weight
        origins.add(origin)
        if (before) subjectTried = Math.max(subjectTried, at.getTime())
        if (origin !== failure.origin) return
        counts.pair += weight
        if (before) pairTried = Math.max(pairTried, at.getTime())
      }
      for (const known of failures.values()) {
        if (known.purpose === failure.purpose && known.at >= since) count(known, true)
      }
      count(failure, false)
      failures.set(failure.id, copy(failure))
      return {
        ...counts,
        originSubjects: subjects.size,
        subjectOrigins: origins.size,
        originTriedAt: momentOf(originTried),
        pairTriedAt: momentOf(pairTried),
        subjectTriedAt: momentOf(subjectTried),
      }
    },
    async forget(id) {
      failures.delete(id)
    },
    async forgive(range) {
      failures.deleteWhere(isIn(range))
    },
  }
}

/** Whether a failure is one of a range. */
export function isIn({ purpose, origin, subject }: FailureRange): (failure: Failure) => boolean {
  return failure =>
    failure.purpose === purpose &&
    (origin === undefined || failure.origin === origin) &&
    (subject === undefined || failure.subject === subject)
}

const NEVER = Number.NEGATIVE_INFINITY

const momentOf = (milliseconds: number) =>
  Number.isFinite(milliseconds) ? new Date(milliseconds) : undefined
