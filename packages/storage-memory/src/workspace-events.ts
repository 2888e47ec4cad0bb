import type { WorkspaceEvents } from '@xwms/core'
import { copy } from './copy.ts'
import type { Data } from './data.ts'
import { newestFirst } from './order.ts'

export function workspaceEvents({ workspaceEvents }: Data): WorkspaceEvents {
  return {
    async record(event) {
      const events = workspaceEvents.get(event.workspaceId) ?? new Map()
      if (events.has(event.key)) return { outcome: 'known' }
      events.set(event.key, copy(event))
      workspaceEvents.set(event.workspaceId, events)
      return { outcome: 'recorded' }
    },
    async list({ workspaceId, types, before, limit }) {
      return newestFirst(
        [...(workspaceEvents.get(workspaceId)?.values() ?? [])].filter(
          ({ type }) => types?.includes(type) ?? true,
        ),
        event => event,
        before,
        limit,
      ).map(copy)
    },
  }
}
