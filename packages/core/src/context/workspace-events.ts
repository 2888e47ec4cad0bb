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
  /**
   * Records an event, for whoever has several that are to be recorded one after another: none waits for what the host does with the one
   * before.
   * @returns what hands it to the host's `onEvent`, if there is one and this call was the one that recorded the event; never rejects
   * @throws {StorageUnavailableError} when it could not be recorded
   */
  keep(event: TimelyEvent): Promise<(() => Promise<void>) | undefined>
}

export function createEventRecorder({
  storage,
  onEvent,
  logger,
}: Pick<Config, 'storage' | 'onEvent' | 'logger'>): EventRecorder {
  async function keep(given: TimelyEvent): Promise<(() => Promise<void>) | undefined> {
    const event: WorkspaceEvent = { id: uuidv7(), ...given }
    const { outcome } = await storage.workspaceEvents.record(event)
    if (outcome === 'known' || onEvent === undefined) return undefined
    return async () => {
      try {
        await onEvent(event)
      } catch (error) {
        logger.error(
          { error, event: event.id, type: event.type, workspaceId: event.workspaceId },
          'The function onEvent failed; the event itself is recorded.',
        )
      }
    }
  }

  return {
    keep,
    async record(event) {
      const hand = await keep(event)
      await hand?.()
    },
  }
}
