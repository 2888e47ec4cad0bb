import type { Block, Blocks } from '@xwms/core'
import { copy } from './copy.ts'
import type { Data } from './data.ts'
import { isIn } from './failures.ts'
import type { Notices } from './notices.ts'
import { newestFirst } from './order.ts'

const inForce = ({ liftedAt, expiresAt }: Block, now: Date) => liftedAt === undefined && expiresAt > now

export function blocks({ blocks, failures, audit }: Data, notices: Notices): Blocks {
  return {
    async add(block, triedAt = block.createdAt) {
      for (const standing of blocks.values()) {
        if (standing.subject === block.subject && inForce(standing, triedAt))
          return { outcome: 'known', standing: copy(standing) }
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
      const made = [...blocks.values()].filter(block => block.subject === subject)
      const lifted = made.map(({ liftedAt }) => liftedAt?.getTime() ?? Number.NEGATIVE_INFINITY)
      const lastLift = Math.max(...lifted)
      return made.filter(({ createdAt }) => createdAt >= since && createdAt.getTime() > lastLift).length
    },
    async list({ workspaceId, before, limit }) {
      return newestFirst(
        [...blocks.values()].filter(block => block.workspaceId === workspaceId),
        ({ createdAt, id }) => ({ at: createdAt, id }),
        before,
        limit,
      ).map(copy)
    },
    async lift(id, now, entry, range) {
      const block = blocks.get(id)
      if (block === undefined) return { outcome: 'not_found' }
      if (!inForce(block, now)) return { outcome: 'already_over' }
      failures.deleteWhere(isIn(range))
      audit.push(copy(entry))
      for (const other of [...blocks.values()]) {
        if (other.subject !== block.subject || !inForce(other, now)) continue
        blocks.set(other.id, { ...other, liftedAt: new Date(now) })
        notices.tell({ kind: 'block', id: other.id })
      }
      return { outcome: 'lifted' }
    },
  }
}
