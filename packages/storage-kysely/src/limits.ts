import type { Limits, Reservation } from '@xwms/core'
import type { Database } from './database.ts'

interface AdmitRow {
  counts: string[] | null
  refused_by: number | null
}

/** Any fixed order will do, as long as it is the same in every process. */
function inLockOrder(a: Reservation, b: Reservation): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : a.windowStart.getTime() - b.windowStart.getTime()
}

export function limits({ schema, prepared }: Database): Limits {
  const admit = prepared<AdmitRow>(
    'limits.admit',
    `select counts, refused_by from ${schema}.admit($1, $2, $3, $4, $5)`,
  )

  return {
    async admit(reservations) {
      if (reservations.length === 0) return { admitted: true, used: [] }
      const ordered = reservations
        .map((reservation, position) => ({ ...reservation, position }))
        .sort(inLockOrder)
      const [row] = await admit([
        ordered.map(({ key }) => key),
        ordered.map(({ windowStart }) => windowStart),
        ordered.map(({ windowEnd }) => windowEnd),
        ordered.map(({ limit }) => limit),
        ordered.map(({ position }) => position),
      ])
      if (typeof row?.refused_by === 'number') return { admitted: false, refusedBy: row.refused_by }
      const used = new Array<number>(reservations.length)
      for (const [index, { position }] of ordered.entries()) used[position] = Number(row?.counts?.[index])
      return { admitted: true, used }
    },
  }
}
