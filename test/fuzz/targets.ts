import { freshDatabase } from '../support/database.ts'
import type { Target } from './campaign.ts'

/** A target, and which share of all requests is for it: PostgreSQL takes longer, and has less that is its own. */
export interface PlannedTarget extends Pick<Target, 'framework' | 'storage'> {
  readonly share: number
}

export const TARGETS: readonly PlannedTarget[] = [
  { framework: 'express', storage: 'memory', share: 0.35 },
  { framework: 'koa', storage: 'memory', share: 0.35 },
  { framework: 'express', storage: 'postgres', share: 0.15 },
  { framework: 'koa', storage: 'postgres', share: 0.15 },
]

/** Runs `work` on a target, with a database of its own where it needs one. */
export async function withTarget<Result>(
  { framework, storage }: PlannedTarget,
  work: (target: Target) => Promise<Result>,
): Promise<Result> {
  if (storage === 'memory') return await work({ framework, storage })
  const database = await freshDatabase()
  try {
    return await work({ framework, storage, databaseUrl: database.url })
  } finally {
    await database.drop()
  }
}
