import { isDeepStrictEqual } from 'node:util'
import type { Workspaces } from '@xwms/core'
import { copy } from './copy.ts'
import type { Data } from './data.ts'
import type { Notices } from './notices.ts'
import { byTime } from './order.ts'

export function workspaces({ workspaces, clients, audit }: Data, notices: Notices): Workspaces {
  return {
    async create(workspace, members, entry) {
      if (workspaces.has(workspace.id)) throw new Error(`There is a workspace ${workspace.id} already.`)
      workspaces.set(workspace.id, {
        workspace: copy(workspace),
        members: members.map(copy),
        plans: [{ since: workspace.createdAt, plan: workspace.plan }],
      })
      audit.push(copy(entry))
    },
    async find(id) {
      return copy(workspaces.get(id)?.workspace)
    },
    async update(before, after, entry) {
      const record = workspaces.get(before.id)
      if (!record) return { outcome: 'not_found' }
      if (!isDeepStrictEqual(record.workspace, before)) return { outcome: 'outdated' }
      const { id, plan, createdAt } = record.workspace
      if (after.plan !== plan) {
        // Whoever was overtaken may have begun earlier than the change that it comes after.
        const since = Math.max(entry.at.getTime(), record.plans.at(-1)?.since.getTime() ?? 0)
        record.plans.push({ since: new Date(since), plan: after.plan })
      }
      record.workspace = { ...copy(after), id, createdAt }
      audit.push(copy(entry))
      for (const { client } of clients.values())
        if (client.workspaceId === id) notices.tell({ kind: 'client', clientId: client.id })
      return { outcome: 'updated' }
    },
    async members(id) {
      const members = workspaces.get(id)?.members ?? []
      return members.map(copy).sort(
        byTime(
          member => member.createdAt,
          member => member.sub,
        ),
      )
    },
    async plansInUse() {
      const inUse = new Map<string, number>()
      for (const { workspace } of workspaces.values())
        inUse.set(workspace.plan, (inUse.get(workspace.plan) ?? 0) + 1)
      return [...inUse].map(([plan, workspaces]) => ({ plan, workspaces }))
    },
  }
}
