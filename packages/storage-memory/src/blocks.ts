import type { Block, Blocks } from '@xwms/core'
import { copy } from './copy.ts'
import type { Data } from './data.ts'
import type { Notices } from './notices.ts'
import { newestFirst } from './order.ts'

const inForce = ({ liftedAt, expiresAt }: Block, now: Date) => liftedAt === undefined && expiresAt > now

export function blocks({ blocks, audit }: Data, notices: Notices): Blocks {
  return {
    async add(block) {
      for (const { subject, liftedAt, expiresAt } of blocks.values()) {
        if (subject === block.subject && liftedAt === undefined && expiresAt >= block.expiresAt) {
          return { outcome: 'known' }
        }
      }
      blocks.set(block.id, copy(block))
      notices.tell({ kind: 'block', id: block.id })
      return { outcome: 'added' }
    },
    async active(now) {
      return [...blocks.values()].filter(block => inForce(block, now)).map(copy)
    },
    async get(ids) {
      return ids
        .map(id => blocks.get(id))
        .filter(block => block !== undefined)
        .map(copy)
    },
    async count(subject, since) {
      return [...blocks.values()].filter(
        block => block.subject === subject && block.liftedAt === undefined && block.createdAt >= since,
      ).length
    },
    async list({ workspaceId, before, limit }) {
      return newestFirst(
        [...blocks.values()].filter(block => block.workspaceId === workspaceId),
        ({ createdAt, id }) => ({ at: createdAt, id }),
        before,
        limit,
      ).map(copy)
    },
    async lift(id, now, entry) {
      const block = blocks.get(id)
      if (block === undefined) return { outcome: 'not_found' }
      if (!inForce(block, now)) return { outcome: 'already_over' }
      blocks.set(id, { ...block, liftedAt: new Date(now) })
      audit.push(copy(entry))
      notices.tell({ kind: 'block', id })
      return { outcome: 'lifted' }
    },
  }
}
