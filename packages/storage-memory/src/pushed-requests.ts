import type { PushedRequests } from '@xwms/core'
import { copy } from './copy.ts'
import type { Data } from './data.ts'

export function pushedRequests({ pushedRequests }: Data): PushedRequests {
  return {
    async create(request) {
      pushedRequests.set(request.hash, copy(request))
    },
    async find(hash, now) {
      const request = pushedRequests.get(hash)
      return request && request.expiresAt > now ? copy(request) : undefined
    },
    async spend(hash) {
      return pushedRequests.delete(hash)
    },
  }
}
