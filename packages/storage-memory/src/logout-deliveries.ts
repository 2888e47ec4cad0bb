import type { LogoutDeliveries } from '@xwms/core'
import { copy } from './copy.ts'
import type { Data } from './data.ts'
import { byTime } from './order.ts'

export function logoutDeliveries({ logoutDeliveries }: Data): LogoutDeliveries {
  return {
    async claim(now, until, limit) {
      return [...logoutDeliveries.values()]
        .filter(({ nextAttemptAt }) => nextAttemptAt <= now)
        .sort(
          byTime(
            delivery => delivery.nextAttemptAt,
            delivery => delivery.id,
          ),
        )
        .slice(0, limit)
        .map(delivery => {
          const claimed = { ...delivery, nextAttemptAt: new Date(until) }
          logoutDeliveries.set(delivery.id, claimed)
          return copy(claimed)
        })
    },
    async retry(id, nextAttemptAt) {
      const delivery = logoutDeliveries.get(id)
      if (!delivery) return
      logoutDeliveries.set(id, {
        ...delivery,
        attempts: delivery.attempts + 1,
        nextAttemptAt: new Date(nextAttemptAt),
      })
    },
    async finish(id) {
      logoutDeliveries.delete(id)
    },
  }
}
