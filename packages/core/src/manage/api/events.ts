import * as z from 'zod'
import type { ManagedEndpoint } from '../../context/endpoint.ts'
import { MANAGE_PATH } from '../../context/tokens/resources.ts'
import { readPosition, writePosition } from '../../lib/position.ts'
import { WORKSPACE_EVENT_TYPES, type WorkspaceEvent } from '../../model/workspace-event.ts'
import { cursorOf, placeIn } from './cursor.ts'
import { listResponse } from './list-response.ts'
import { checked, limit, several } from './query.ts'

const eventsQuery = z.strictObject({
  type: several(WORKSPACE_EVENT_TYPES).optional(),
  limit,
  cursor: cursorOf(readPosition),
})

/** What the people of a workspace should hear of, newest first. */
export const events: ManagedEndpoint = {
  method: 'GET',
  path: `${MANAGE_PATH}/workspaces/:workspace_id/events`,
  body: 'none',
  failure: 'problem',
  cors: true,
  permission: 'events:read',
  async handle({ storage }, call) {
    const { type, limit, cursor } = checked(eventsQuery, call.query)
    const things = await storage.workspaceEvents.list({
      workspaceId: call.manager.workspace.id,
      types: type,
      before: placeIn(call, cursor),
      limit: limit + 1,
    })
    return listResponse(call, { name: 'events', things, limit, json: eventJson, placeOf: writePosition })
  },
}

function eventJson({ id, at, type, clientId, message, data }: WorkspaceEvent): object {
  return { id, at, type, client_id: clientId ?? null, message, data }
}
