import type { Audit } from '@xwms/core'
import { copy } from './copy.ts'
import type { Data } from './data.ts'

export function audit({ audit }: Data): Audit {
  return {
    async list(workspaceId, limit) {
      return audit
        .list()
        .filter(entry => entry.workspaceId === workspaceId)
        .sort((a, b) => a.at.getTime() - b.at.getTime())
        .reverse()
        .slice(0, limit)
        .map(copy)
    },
  }
}
