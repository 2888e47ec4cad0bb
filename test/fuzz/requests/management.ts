import type { Material } from '../material.ts'
import type { Random } from '../random.ts'
import type { Content, ContentMaker, Contents } from './content.ts'
import { tokenHeaders } from './resource.ts'

/** Identifiers that might find what is none of the caller's, or something else than they name. */
const STRANGERS = [
  'ws_unknown',
  '..',
  '.',
  '__proto__',
  '%2e%2e',
  "'or'1'='1",
  '-',
  '~',
  '0',
  'a'.repeat(300),
]

export const MANAGEMENT: Contents = {
  'GET /manage/v1/workspaces/:workspace_id/plan': managed('GET', '/plan'),
}

/** A request about the user's workspace, or, now and then, about one that is not. */
function managed(
  method: string,
  below: string,
  more: (material: Material, random: Random) => Omit<Content, 'path' | 'headers'> = () => ({}),
): ContentMaker {
  return (material, random) => {
    const workspaceId = random.spoils(0.05) ? random.pick(STRANGERS) : material.workspaceId
    const path = `/manage/v1/workspaces/${workspaceId}${below}`
    return {
      ...more(material, random),
      path,
      headers: tokenHeaders(material, random, 'managementTokens', { method, path }),
    }
  }
}
