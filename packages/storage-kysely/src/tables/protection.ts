import type { Block, WorkspaceEvent } from '@xwms/core'
import { integer, type JsonObject, json, type Row, table, text, texts, time } from '../table.ts'

export const blocks = table<Block>('blocks', {
  id: text(),
  subject: text(),
  answer: text(),
  reason: text(),
  score: integer,
  workspaceId: text(),
  clientId: text(),
  exempt: texts,
  createdAt: time,
  expiresAt: time,
  liftedAt: time,
  facts: json<JsonObject>(),
})

export const workspaceEvents = table<WorkspaceEvent>('workspace_events', {
  id: text(),
  at: time,
  workspaceId: text(),
  clientId: text(),
  type: text(),
  key: text(),
  message: text(),
  data: json<JsonObject>(),
})

/** Who has to pause, and what the people of a workspace hear of. */
export interface ProtectionTables {
  blocks: Row<Block>
  workspace_events: Row<WorkspaceEvent>
}
