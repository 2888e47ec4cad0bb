import type { Limits, Reservation } from '@xwms/core'
import type { Data } from './data.ts'

const keyOf = ({ key, windowStart }: Reservation) => `${key}\n${windowStart.getTime()}`

export function limits({ limitWindows }: Data): Limits {
  return {
    async admit(reservations) {
      const used = reservations.map(reservation => limitWindows.get(keyOf(reservation))?.used ?? 0)
      const refusedBy = reservations.findIndex(({ limit }, position) => (used[position] ?? 0) >= limit)
      if (refusedBy >= 0) return { admitted: false, refusedBy }
      return {
        admitted: true,
        used: reservations.map(reservation => {
          const key = keyOf(reservation)
          const window = limitWindows.get(key) ?? { windowEnd: new Date(reservation.windowEnd), used: 0 }
          window.used += 1
          limitWindows.set(key, window)
          return window.used
        }),
      }
    },
  }
}
