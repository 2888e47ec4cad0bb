import * as z from 'zod'
import type { ManagedEndpoint } from '../../context/endpoint.ts'
import { MANAGE_PATH } from '../../context/tokens/resources.ts'
import { jsonResponse } from '../../http/response.ts'
import { readPosition, writePosition } from '../../lib/position.ts'
import type { Block } from '../../model/block.ts'
import { liftBlock } from '../blocks.ts'
import { change, environmentOf } from './change.ts'
import { cursorOf, placeIn } from './cursor.ts'
import { listResponse } from './list-response.ts'
import { checked, limit } from './query.ts'

const PATH = `${MANAGE_PATH}/workspaces/:workspace_id/blocks`

const blocksQuery = z.strictObject({ limit, cursor: cursorOf(readPosition) })

/** The blocks that a workspace's clients were the reason for, newest first, those that are over too. */
export const blocks: ManagedEndpoint = {
  method: 'GET',
  path: PATH,
  body: 'none',
  failure: 'problem',
  cors: true,
  permission: 'blocks:read',
  async handle({ storage, now }, call) {
    const { limit, cursor } = checked(blocksQuery, call.query)
    const things = await storage.blocks.list({
      workspaceId: call.manager.workspace.id,
      before: placeIn(call, cursor),
      limit: limit + 1,
    })
    const time = now()
    return listResponse(call, {
      name: 'blocks',
      things,
      limit,
      json: block => blockJson(block, time),
      placeOf: ({ createdAt, id }) => writePosition({ at: createdAt, id }),
    })
  },
}

/** Ends a block before its time; one that is over already is shown as it is. */
export const blockLift: ManagedEndpoint = {
  method: 'DELETE',
  path: `${PATH}/:block_id`,
  body: 'none',
  failure: 'problem',
  cors: true,
  permission: 'blocks:lift',
  async handle(context, call) {
    const environment = environmentOf(context, call)
    const { block_id } = call.parameters
    const { block } = await change(() =>
      liftBlock(environment, block_id as string, call.manager.workspace.id),
    )
    return jsonResponse(200, blockJson(block, environment.now))
  },
}

function blockJson(block: Block, now: Date): object {
  return {
    id: block.id,
    subject: block.subject,
    answer: block.answer,
    reason: block.reason,
    score: block.score,
    client_id: block.clientId ?? null,
    in_force: block.liftedAt === undefined && block.expiresAt > now,
    created_at: block.createdAt,
    expires_at: block.expiresAt,
    lifted_at: block.liftedAt ?? null,
    exempt: block.exempt,
    facts: block.facts,
  }
}
