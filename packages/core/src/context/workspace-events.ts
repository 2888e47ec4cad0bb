import { v7 as uuidv7 } from 'uuid'
import type { Config } from '../config/config.ts'
import type { TimelyEvent, WorkspaceEvent } from '../model/workspace-event.ts'

/** Tells the people of a workspace, and the host, what happened. */
export interface EventRecorder {
  /**
   * Records an event, and hands it to the host's `onEvent` if this call was the one that recorded it. What fails on the
   * host's side is logged.
   * @throws {StorageUnavailableError} when it could not be recorded
   */
  record(event: TimelyEvent): Promise<void>
}

export function createEventRecorder({
  storage,
  onEvent,
  logger,
}: Pick<Config, 'storage' | 'onEvent' | 'logger'>): EventRecorder {
  return {
    async record(given) {
      const event: WorkspaceEvent = { id: uuidv7(), ...given }
      const { outcome } = await storage.workspaceEvents.record(event)
      if (outcome === 'known' || onEvent === undefined) return
      try {
        await onEvent(event)
      } catch (error) {
        logger.error(
          { error, event: event.id, type: event.type, workspaceId: event.workspaceId },
          'The function onEvent failed; the event itself is recorded.',
        )
      }
    },
  }
}
