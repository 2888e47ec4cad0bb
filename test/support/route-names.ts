import { request } from 'node:http'
import type { MountedKit } from '@xwms/core'
import type { Test } from 'tap'
import type { MountedOn } from './mounted.ts'

/** What a request to a path, exactly as it is written here, is metered as. */
export async function nameOf(host: MountedOn<MountedKit>, path: string): Promise<string | undefined> {
  const { port, headers } = host
  const before = (await host.events()).length
  await new Promise<void>((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, headers, agent: false }, response =>
      response.resume().on('end', resolve),
    )
    asked.on('error', reject).end()
  })
  return (await host.events())[before]?.route
}

/** Calls `/v1/reports/x` by every mixture of small and capital letters in its second segment, and makes sure that it is one route. */
export async function isOneRouteBySpellings(t: Test, host: MountedOn<MountedKit>): Promise<void> {
  for (let spelling = 0; spelling < 128; spelling++) {
    const spelled = [...'reports'].map((letter, place) =>
      (spelling >> place) & 1 ? letter.toUpperCase() : letter,
    )
    await fetch(`${host.url}/v1/${spelled.join('')}/x`, { headers: host.headers })
  }
  const { usage } = host.auth.kit.config.storage
  const query = { workspaceId: host.workspace.id, from: new Date(0), to: new Date(8.64e15) }
  const routes = (await usage.events(query, 200)).map(({ route }) => route)
  t.strictSame([routes.length, ...new Set(routes)], [128, 'GET /v1/reports/x'])
}
