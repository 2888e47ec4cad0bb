import type { RequestLogEntry, Storage } from '@xwms/core'

/** What the request log has of a client, the newest first, at most so many. */
export function logged(
  { requestLog }: Pick<Storage, 'requestLog'>,
  { workspaceId, id: clientId }: { readonly workspaceId: string; readonly id: string },
  limit = 100,
): Promise<RequestLogEntry[]> {
  return requestLog.search({ workspaceId, clientId, from: new Date(0), to: new Date(8.64e15), limit })
}
